import Primitives
package import PrometheusMetrics
package import ServiceLifecycle
package import WorkQueue

extension MetricSource {
    /// How much leased work waits, of all workers among the services.
    package static func work(_ services: [any Service]) -> MetricSource {
        let workers = services.compactMap { $0 as? any BacklogReporting }
        return MetricSource("work", maximumAge: .seconds(10)) {
            var samples: [MetricSample] = []
            for worker in workers {
                guard let backlog = try await worker.backlog() else { continue }
                let labels = [("queue", backlog.queue)]
                samples.append(MetricSample("arc_work_waiting", backlog.waiting, labels: labels))
                samples.append(
                    MetricSample(
                        "arc_work_oldest_seconds", Double(max(0, backlog.oldest.microseconds)) / 1e6, labels: labels))
            }
            return samples
        }
    }
}
