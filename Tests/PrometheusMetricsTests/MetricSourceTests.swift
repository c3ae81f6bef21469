import Logging
import Synchronization
import TestSupport
import Testing

@testable import PrometheusMetrics

@Suite struct MetricSourceTests {
    private struct Gone: Error {}

    private let registry = MetricsRegistry(
        [MetricDescription("level", .gauge, labels: ["of"], "Level")] + MetricsRegistry.ownMetrics,
        logger: Logger(label: "test"))

    private func text() async throws -> String {
        var text = ""
        try await registry.write(.text) { text += String(decoding: $0, as: UTF8.self) }
        return text
    }

    @Test func `a source in memory is read every time`() async throws {
        let level = Mutex(0)
        registry.add([
            MetricSource("memory") {
                [
                    MetricSample(
                        "level",
                        level.withLock { level in
                            level += 1
                            return level
                        }, labels: [("of", "a")])
                ]
            }
        ])
        #expect(try await text().contains("level{of=\"a\"} 1\n"))
        #expect(try await text().contains("level{of=\"a\"} 2\n"))
    }

    @Test func `a source with an age is not read again before`() async throws {
        let readings = Atomic(0)
        registry.add([
            MetricSource("database", maximumAge: .seconds(3600)) {
                let reading = readings.add(1, ordering: .relaxed).newValue
                return [MetricSample("level", reading, labels: [("of", "a")])]
            }
        ])
        for _ in 0..<3 { #expect(try await text().contains("level{of=\"a\"} 1\n")) }
    }

    @Test func `a source that fails is shown as down, and the others are shown`() async throws {
        registry.add([
            MetricSource("gone") { throw Gone() },
            MetricSource("there") { [MetricSample("level", 7, labels: [("of", "a")])] },
        ])
        let shown = try await text()
        #expect(shown.contains("level{of=\"a\"} 7\n"))
        #expect(shown.contains("arc_metrics_source_up{source=\"gone\"} 0\n"))
        #expect(shown.contains("arc_metrics_source_up{source=\"there\"} 1\n"))
    }

    @Test func `a source that fails is not read by every scrape`() async throws {
        let readings = Atomic(0)
        let isGone = Atomic(true)
        let reader = SourceReader(
            MetricSource("gone", maximumAge: .seconds(1)) {
                readings.add(1, ordering: .relaxed)
                if isGone.load(ordering: .relaxed) { throw Gone() }
                return [MetricSample("level", 7, labels: [("of", "a")])]
            })
        func count(at instant: ContinuousClock.Instant) async -> Int {
            reader.refresh(now: instant)
            await reader.running?.value
            return readings.load(ordering: .relaxed)
        }
        let longest = Duration.seconds(60)
        for (failures, pause) in [(1, 4), (2, 9), (3, 19), (4, 39), (5, 59), (6, 59)] {
            let before = ContinuousClock.now
            #expect(await count(at: before + longest) == failures)
            #expect(await count(at: before + .seconds(pause)) == failures, "after \(failures) failures")
            #expect(!reader.reading().isUp)
        }
        isGone.store(false, ordering: .relaxed)
        #expect(await count(at: .now + longest) == 7)
        #expect(reader.reading().isUp)
    }

    @Test func `a source that hangs delays a scrape only for a while, and is read once at a time`() async throws {
        let (gate, open) = AsyncStream<Void>.makeStream()
        let readings = Atomic(0)
        registry.add([
            MetricSource("slow", maximumAge: .zero) {
                readings.add(1, ordering: .relaxed)
                for await _ in gate { break }
                return [MetricSample("level", 1, labels: [("of", "a")])]
            },
            MetricSource("there") { [MetricSample("level", 7, labels: [("of", "b")])] },
        ])
        let shown = try await text()
        #expect(shown.contains("level{of=\"b\"} 7\n"))
        #expect(!shown.contains("level{of=\"a\"}"))
        #expect(shown.contains("arc_metrics_source_up{source=\"slow\"} 0\n"))
        #expect(readings.load(ordering: .relaxed) == 1)
        open.yield()
        open.finish()
        try await eventually("the reading has ended") { try await text().contains("level{of=\"a\"} 1\n") }
    }

    @Test func `the process shows what every process shows`() async throws {
        let samples = try await ProcessMetrics.source(service: "s", version: "1").read()
        let values = Dictionary(uniqueKeysWithValues: samples.map { ($0.name, $0.value) })
        #expect(Set(values.keys) == Set(ProcessMetrics.descriptions.map(\.name)))
        #expect(values.values.allSatisfy { $0 > 0 })
        #expect(values["process_start_time_seconds"].map { $0 > 1_600_000_000 } == true)
    }
}
