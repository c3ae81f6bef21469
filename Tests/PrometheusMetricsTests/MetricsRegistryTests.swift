import CoreMetrics
import Logging
import TestSupport
import Testing

@testable import PrometheusMetrics

@Suite struct MetricsRegistryTests {
    private let registry = MetricsRegistry(
        [
            MetricDescription("a_total", .counter, labels: ["kind"], "Things"),
            MetricDescription("b_seconds", .histogram, buckets: [0.5, 1], "Times"),
            MetricDescription("c_bytes", .histogram, buckets: [10, 100], "Sizes"),
            MetricDescription("d", .gauge, scope: .system, "Level"),
        ] + MetricsRegistry.ownMetrics, logger: Logger(label: "test"))

    private func text(_ format: ExpositionFormat = .text) async throws -> String {
        var text = ""
        try await registry.write(format) { text += String(decoding: $0, as: UTF8.self) }
        return text
    }

    @Test func `a counter is shown with its labels, escaped`() async throws {
        Counter(label: "a_total", dimensions: [("kind", "x\"\\\n")], factory: registry).increment(by: 3)
        let shown = try await text()
        #expect(shown.contains("# HELP a_total Things\n# TYPE a_total counter\na_total{kind=\"x\\\"\\\\\\n\"} 3\n"))
    }

    @Test func `the same labels are the same series`() async throws {
        for _ in 0..<3 { Counter(label: "a_total", dimensions: [("kind", "x")], factory: registry).increment() }
        #expect(try await text().contains("a_total{kind=\"x\"} 3\n"))
    }

    @Test func `a timer is a histogram of seconds`() async throws {
        let timer = Timer(label: "b_seconds", factory: registry)
        for milliseconds in [500, 501, 2000] { timer.recordMilliseconds(milliseconds) }
        let shown = try await text()
        #expect(
            shown.contains(
                """
                # TYPE b_seconds histogram
                b_seconds_bucket{le="0.5"} 1
                b_seconds_bucket{le="1"} 2
                b_seconds_bucket{le="+Inf"} 3
                b_seconds_sum 3.001
                b_seconds_count 3

                """))
    }

    @Test func `a recorder is a histogram of values, and bad values do no harm`() async throws {
        let recorder = Recorder(label: "c_bytes", factory: registry)
        recorder.record(-5)
        recorder.record(10)
        recorder.record(Double.nan)
        recorder.record(Double.infinity)
        recorder.record(1e300)
        let shown = try await text()
        #expect(shown.contains("c_bytes_bucket{le=\"10\"} 2\n"))
        #expect(shown.contains("c_bytes_count 3\n"))
    }

    @Test func `a gauge goes up and down`() async throws {
        let meter = Meter(label: "d", factory: registry)
        meter.set(5)
        meter.increment(by: 2.5)
        meter.decrement()
        #expect(try await text().contains("# HELP d Level (of the whole system)\n# TYPE d gauge\nd 6.5\n"))
    }

    @Test func `what is not described, or has other labels, is ignored`() async throws {
        Counter(label: "unknown_total", factory: registry).increment()
        Counter(label: "a_total", factory: registry).increment()
        Counter(label: "a_total", dimensions: [("other", "x")], factory: registry).increment()
        Timer(label: "a_total", dimensions: [("kind", "x")], factory: registry).recordSeconds(1)
        let shown = try await text()
        #expect(!shown.contains("unknown") && !shown.contains("# TYPE a_total"))
    }

    @Test func `the series of a metric are limited, and the others are counted`() async throws {
        for number in 0..<MetricsRegistry.maximumSeries + 7 {
            Counter(label: "a_total", dimensions: [("kind", "\(number)")], factory: registry).increment()
        }
        #expect(registry.series(of: "a_total").count == MetricsRegistry.maximumSeries)
        #expect(try await text().contains("arc_metrics_series_dropped_total 7\n"))
    }

    @Test func `OpenMetrics names counters without their suffix and ends with a mark`() async throws {
        Counter(label: "a_total", dimensions: [("kind", "x")], factory: registry).increment()
        let shown = try await text(.openMetrics)
        #expect(shown.contains("# TYPE a counter\na_total{kind=\"x\"} 1\n"))
        #expect(shown.hasSuffix("# EOF\n"))
    }

    @Test(
        arguments: [
            (nil, ExpositionFormat.text), ("*/*", .text), ("text/plain", .text),
            ("application/openmetrics-text;version=1.0.0;q=0.8, text/plain;version=0.0.4;q=0.5", .openMetrics),
        ] as [(String?, ExpositionFormat)])
    func `the format is the one that was asked for`(accept: String?, format: ExpositionFormat) {
        #expect(ExpositionFormat(accept: accept) == format)
    }

    @Test func `threads count together`() async throws {
        let counter = Counter(label: "a_total", dimensions: [("kind", "x")], factory: registry)
        let timer = Timer(label: "b_seconds", factory: registry)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        counter.increment()
                        timer.recordMilliseconds(1)
                    }
                }
            }
        }
        let shown = try await text()
        #expect(shown.contains("a_total{kind=\"x\"} 8000\n"))
        #expect(shown.contains("b_seconds_count 8000\n"))
        #expect(shown.contains("b_seconds_sum 8\n"))
    }
}
