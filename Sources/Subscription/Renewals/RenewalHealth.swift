import Primitives
import PrometheusMetrics
import ServiceKit

/// What the health and the metrics of the service say of renewals.
struct RenewalHealth: Sendable {
    let repository: RenewalRepository
    /// How old renewals may become that are due.
    let lag: Duration

    /// Degraded while something is overdue, or parked: `renewals: "1240 s late, 3 parked"`.
    var check: HealthCheck {
        HealthCheck(
            "renewals", isRequired: false,
            advice:
                "Parked subscriptions: see GET /subscriptions/parked, put right what the reason says, and POST /subscriptions/{id}/unpark. Late renewals: see the log, and RENEWAL_CONCURRENCY."
        ) { () -> HealthState in
            do {
                let late = try await repository.overdue() ?? .zero
                let parked = try await repository.parkedCount()
                let words =
                    (late > lag ? ["\(late.components.seconds) s late"] : []) + (parked > 0 ? ["\(parked) parked"] : [])
                return words.isEmpty ? .up : .impaired(words.joined(separator: ", "))
            } catch {
                return .impaired("unknown")
            }
        }
    }

    /// How many subscriptions are parked; how many are due, and since when, is known of every queue of work.
    var source: MetricSource {
        MetricSource("renewals", maximumAge: .seconds(10)) {
            [MetricSample("arc_renewals_parked", try await repository.parkedCount())]
        }
    }
}
