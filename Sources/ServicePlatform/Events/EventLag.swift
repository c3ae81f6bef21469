package import Configuration
package import ConfigurationChecks
package import MessageBus
package import Primitives
package import ServiceKit

/// How old events may become that wait, before a service reports itself as degraded.
package struct EventLag: Sendable {
    private let limit: Duration
    private let clock: any WallClock

    private static let setting = Setting.duration(
        "EVENT_LAG_SECONDS", default: 300, in: 1...604_800,
        "Age of the oldest event that waits, in the outbox or for a consumer group, above which `/health/ready` of the service is degraded and `arc doctor` reports it"
    )

    package static let configurationKeys = ConfigurationKeys("events", [setting])

    /// Reads the setting.
    package init(reader: ConfigReader, clock: any WallClock) throws(ConfigurationFailure) {
        limit = try reader.value(Self.setting)
        self.clock = clock
    }

    /// A place where events wait.
    package struct Place: Sendable {
        let name: String
        let backlog: @Sendable () async throws -> GroupBacklog

        package init(_ name: String, backlog: @escaping @Sendable () async throws -> GroupBacklog) {
            self.name = name
            self.backlog = backlog
        }
    }

    /// Degraded while the oldest event of a place is older than the limit: `eventLag: "orchestrator 412 s, 1000 or more waiting"`.
    package func check(_ places: [Place]) -> HealthCheck {
        HealthCheck(
            "eventLag", isRequired: false,
            advice: "See what waits with `arc events list --state pending`, and why in the logs of the services."
        ) { () -> HealthState in
            var late: [String] = []
            for place in places {
                guard let backlog = try? await place.backlog() else { return .impaired("unknown") }
                if let line = description(of: backlog, at: place.name) { late.append(line) }
            }
            return late.isEmpty ? .up : .impaired(late.joined(separator: "; "))
        }
    }

    /// What is late; nil if nothing is.
    package func description(of backlog: GroupBacklog, at place: String) -> String? {
        guard let oldest = backlog.oldest else { return nil }
        let age = clock.now().duration(since: oldest)
        guard age > limit else { return nil }
        let count = backlog.waiting >= GroupBacklog.maximumCount ? "\(backlog.waiting) or more" : "\(backlog.waiting)"
        return "\(place) \(age.components.seconds) s, \(count) waiting"
    }
}
