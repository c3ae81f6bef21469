import ConfigurationChecks
import Logging
import MessageBus
import PostgresClient
import Primitives
import ServicePlatform

/// Whether events of a service wait for longer than EVENT_LAG_SECONDS: in its outbox, or on the bus for its consumer groups.
struct EventExamination {
    let service: ServiceName
    let environment: [String: String]

    /// - Returns: What was found, for the report.
    /// - Throws: `CommandFailure` with what is late.
    func run() async throws -> String {
        let logger = Logger(label: "arc.doctor")
        let reader = try EnvironmentReader.make(environment: environment)
        let lag = try EventLag(reader: reader, clock: SystemClock())
        var places: [(name: String, backlog: GroupBacklog)] = []
        if service != .orchestrator {
            let pool = PostgresPool(configuration: try PostgresConfiguration(reader: reader), logger: logger)
            let backlog = try await CommandSupport.closing({ await pool.shutdown() }) {
                try await OutboxLog(pool: pool).backlog()
            }
            places.append(("outbox", backlog))
        }
        let groups = try await service.eventParticipant(reader: reader, logger: logger).groups.map(\.name)
        let bus = try BusConnectors.connect(reader: reader, clock: SystemClock(), logger: logger)
        try await CommandSupport.closing(bus.shutdown) {
            for group in Set(groups).sorted() { places.append((group, try await bus.backlog.backlog(group: group))) }
        }
        let late = places.compactMap { lag.description(of: $0.backlog, at: $0.name) }
        guard late.isEmpty else { throw CommandFailure(description: late.joined(separator: "; ")) }
        let waiting = places.reduce(0) { $0 + $1.backlog.waiting }
        return waiting == 0 ? "none waiting" : "\(waiting) waiting, none for longer than EVENT_LAG_SECONDS"
    }
}
