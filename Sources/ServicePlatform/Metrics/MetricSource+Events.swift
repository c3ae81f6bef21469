package import MessageBus
package import Primitives
package import PrometheusMetrics

extension MetricSource {
    /// How often a node asks how much waits: at most.
    private static let eventAge = Duration.seconds(10)

    /// How far groups of consumers are behind on the bus, and what they have given up.
    package static func bus(
        _ bus: MessageBusConnection, groups: [String], clock: any WallClock
    ) -> MetricSource {
        MetricSource("bus", maximumAge: eventAge) {
            var samples: [MetricSample] = []
            for group in groups {
                let labels = [("group", group)]
                let backlog = try await bus.backlog.backlog(group: group)
                samples.append(MetricSample("arc_bus_waiting", backlog.waiting, labels: labels))
                samples.append(MetricSample("arc_bus_oldest_seconds", backlog.age(at: clock.now()), labels: labels))
                samples.append(
                    MetricSample(
                        "arc_dead_letters", try await bus.deadLetters.deadLetterCount(group: group),
                        labels: [("queue", group)]))
            }
            return samples
        }
    }

    /// What waits in the outbox, and what was given up.
    static func outbox(_ outbox: OutboxLog, _ relay: OutboxRelay, clock: any WallClock) -> MetricSource {
        MetricSource("outbox", maximumAge: eventAge) {
            let backlog = try await outbox.backlog()
            return [
                MetricSample("arc_outbox_waiting", backlog.waiting),
                MetricSample("arc_outbox_oldest_seconds", backlog.age(at: clock.now())),
                MetricSample(
                    "arc_dead_letters", try await relay.deadLetterCount(), labels: [("queue", "outbox")]),
            ]
        }
    }
}

extension GroupBacklog {
    /// Seconds since the oldest event; 0 if none waits.
    fileprivate func age(at now: Timestamp) -> Double {
        guard let oldest else { return 0 }
        return max(0, Double(now.microseconds - oldest.microseconds) / 1e6)
    }
}
