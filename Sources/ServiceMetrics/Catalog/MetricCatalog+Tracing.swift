import PrometheusMetrics

extension MetricCatalog {
    static let tracing = [
        MetricDescription(
            "arc_spans_total", .counter, labels: ["outcome"],
            "Spans by what became of them: exported, overflowed (too many waited), undelivered (the receiver was away or refused them), rejected (by the receiver, out of a batch that it took)"
        ),
        MetricDescription("arc_spans_waiting", .gauge, "Spans that wait for their export"),
        MetricDescription("arc_span_export_failures_total", .counter, "Attempts to send spans that failed"),
    ]
}
