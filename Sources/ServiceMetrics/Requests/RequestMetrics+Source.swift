import Primitives
import PrometheusMetrics

extension RequestMetrics {
    /// What is read when somebody asks.
    /// - Parameter topTenants: How many tenants are shown.
    func source(topTenants: Int) -> MetricSource {
        MetricSource("requests") { [self] in
            [MetricSample("arc_http_requests_in_flight", inFlight)]
                + Self.samples("arc_tenant_requests_total", tenants.top(topTenants))
                + Self.samples("arc_tenant_errors_total", failingTenants.top(topTenants))
        }
    }

    private static func samples(_ name: String, _ top: TopKeys<Identifier>.Top) -> [MetricSample] {
        let tenants = top.keys.map { MetricSample(name, $0.count, labels: [("tenant", $0.key.description)]) }
        return tenants + [MetricSample(name, top.rest, labels: [("tenant", "other")])]
    }
}
