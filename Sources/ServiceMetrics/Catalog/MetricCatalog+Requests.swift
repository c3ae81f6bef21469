import PrometheusMetrics

extension MetricCatalog {
    static let requests = [
        MetricDescription(
            "arc_http_requests_total", .counter, labels: ["method", "route", "status"],
            "Requests by route template and status of the response; routes without a template are unmatched, preflight and unreadable"
        ),
        MetricDescription(
            "arc_http_request_duration_seconds", .histogram, labels: ["method", "route"],
            "Time from the arrival of a request until its response was made"),
        MetricDescription(
            "arc_http_request_size_bytes", .histogram, labels: ["method", "route"], buckets: MetricDescription.sizes,
            "Length of the bodies of requests that were read"),
        MetricDescription(
            "arc_http_response_size_bytes", .histogram, labels: ["method", "route"], buckets: MetricDescription.sizes,
            "Length of the bodies of responses"),
        MetricDescription("arc_http_requests_in_flight", .gauge, "Requests that are being handled"),
        MetricDescription(
            "arc_http_requests_by_caller_total", .counter, labels: ["caller"],
            "Requests by the kind of caller: anonymous, operator, tenant_user, lead, service"),
        MetricDescription("arc_http_connections", .gauge, "Open connections of clients"),
        MetricDescription("arc_http_unsent_bytes", .gauge, "Bytes of responses that clients have not read yet"),
        MetricDescription(
            "arc_tenant_requests_total", .counter, labels: ["tenant"],
            "Requests of the tenants that send most of them, counted since they are among these; all other requests of tenants are other"
        ),
        MetricDescription(
            "arc_tenant_errors_total", .counter, labels: ["tenant"],
            "The same for requests that were answered with a status from 400"),
    ]
}
