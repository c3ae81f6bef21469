package import OpenTelemetry
package import PrometheusMetrics

extension MetricSource {
    /// What has become of the spans of a service.
    package static func spans(_ exporter: SpanExporter) -> MetricSource {
        MetricSource("spans") {
            let statistics = exporter.statistics
            return [
                MetricSample("arc_spans_total", statistics.exported, labels: [("outcome", "exported")]),
                MetricSample("arc_spans_total", statistics.overflowed, labels: [("outcome", "overflowed")]),
                MetricSample("arc_spans_total", statistics.undelivered, labels: [("outcome", "undelivered")]),
                MetricSample("arc_spans_total", statistics.rejected, labels: [("outcome", "rejected")]),
                MetricSample("arc_spans_waiting", exporter.queue.count),
                MetricSample("arc_span_export_failures_total", statistics.failures),
            ]
        }
    }
}
