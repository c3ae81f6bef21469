import Testing

@testable import ServiceMetrics

/// The parts of statistics that keep a bounded number of things.
@Suite struct StatisticsPartsTests {
    @Test func `the timeline keeps an hour, whatever the clock does`() {
        var timeline = Timeline()
        for minute in 1000..<1200 { timeline.update(millisecond: minute * 60_000) { $0.baseline.responses += 1 } }
        #expect(timeline.buckets.count == Timeline.length)
        // The clock was set back by hours: nothing grows.
        for minute in 0..<500 { timeline.update(millisecond: minute * 60_000) { $0.baseline.responses += 1 } }
        #expect(timeline.buckets.count <= Timeline.length)
        let shown = timeline.shown(millisecond: 1199 * 60_000)
        #expect(shown.count == 60 && shown.last?.minute == 1199 && shown.first?.minute == 1140)
        #expect(shown.allSatisfy { $0.bucket.baseline.responses == 1 })
    }

    @Test func `sizes are counted in the buckets of swagger-stats`() {
        var histogram = SizeHistogram()
        for value in [0, 5, 5.1, 10_000, 10_001] { histogram.add(value) }
        #expect(histogram.counts == [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1])
        #expect(histogram.count == 5)
    }

    @Test func `figures of several routes add up, and Apdex counts successes alone`() {
        var first = Baseline()
        var second = Baseline()
        for (status, milliseconds) in [(200, 10.0), (304, 25), (201, 100), (200, 101), (404, 1)] {
            first.finished(
                status: status, milliseconds: milliseconds, requestBytes: 2, responseBytes: 3, apdexThreshold: 25)
        }
        second.finished(status: 500, milliseconds: 900, requestBytes: 10, responseBytes: 1, apdexThreshold: 25)
        var all = first
        all.add(second)
        #expect(all.responses == 6 && all.errors == 2 && all.count(.success) == 3 && all.count(.redirect) == 1)
        #expect(all.maximumTime == 900 && all.totalRequestBytes == 20 && all.maximumRequestBytes == 10)
        #expect(all.apdexSatisfied == 2 && all.apdexTolerated == 1)
        #expect(first.apdexScore == 0.5)
    }
}
