import Logging
import OpenTelemetry
import Primitives
import Synchronization
import TestSupport
import Testing
import TraceRecording
import WorkQueue

@Suite(.timeLimit(.minutes(20))) struct SpanExporterTests {
    /// A receiver that answers as it is told.
    private final class Receiver: TraceTransport {
        private let state = Mutex((spans: 0, requests: 0, largest: 0))
        private let answer: @Sendable (_ request: Int) async -> ExportOutcome

        init(_ answer: @escaping @Sendable (Int) async -> ExportOutcome) { self.answer = answer }

        var spans: Int { state.withLock { $0.spans } }
        var requests: Int { state.withLock { $0.requests } }
        var largest: Int { state.withLock { $0.largest } }

        func send(_ request: TraceExportRequest, timeout: Duration, now: Timestamp) async -> ExportOutcome {
            let number = state.withLock { state in
                state.requests += 1
                state.largest = max(state.largest, request.spans.count)
                return state.requests
            }
            let outcome = await answer(number)
            if case .accepted = outcome { state.withLock { $0.spans += request.spans.count } }
            return outcome
        }

        func shutdown() async {}
    }

    private static let accepted = ExportOutcome.accepted(TraceExportResponse([], as: .protobuf))
    private let log = RecordedLog(.warning)

    private func exporter(_ receiver: Receiver, _ settings: BatchSettings) -> SpanExporter {
        SpanExporter(
            resource: [], transport: receiver, settings: settings,
            backOff: BackOff(initial: .milliseconds(1), maximum: .milliseconds(2)), clock: SystemClock(),
            logger: log.logger)
    }

    private func record(_ count: Int, _ exporter: SpanExporter) {
        let recorder = SpanRecorder(sink: exporter.queue)
        for _ in 0..<count { recorder.start("span", kind: .internal).finish() }
    }

    /// Runs the exporter as long as the body, and then ends it as a service does.
    private func running(_ exporter: SpanExporter, _ body: () async throws -> Void) async throws {
        let task = Task { await exporter.run() }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        task.cancel()
        await task.value
        try result.get()
    }

    @Test func `spans are sent in batches, and the rest at the end`() async throws {
        let receiver = Receiver { _ in Self.accepted }
        let exporter = exporter(receiver, BatchSettings(delay: .seconds(600), queueSize: 1000, batchSize: 10))
        try await running(exporter) {
            record(95, exporter)
            try await eventually("full batches are sent without delay") { receiver.spans >= 90 }
        }
        #expect(receiver.spans == 95 && receiver.largest == 10)
        #expect(exporter.statistics == SpanExporter.Statistics(exported: 95))
        #expect(log.lines.isEmpty)
    }

    @Test func `a batch that is not full is sent after the delay`() async throws {
        let receiver = Receiver { _ in Self.accepted }
        let exporter = exporter(receiver, BatchSettings(delay: .milliseconds(20)))
        try await running(exporter) {
            record(3, exporter)
            try await eventually("it was sent") { receiver.spans == 3 }
        }
    }

    @Test func `a receiver that is overloaded is asked again until it takes the batch`() async throws {
        let receiver = Receiver { request in
            request < 4 ? .unavailable("the receiver answered 503", retryAfter: .milliseconds(1)) : Self.accepted
        }
        let exporter = exporter(receiver, BatchSettings(delay: .milliseconds(1)))
        try await running(exporter) {
            record(1, exporter)
            try await eventually("it was sent") { receiver.spans == 1 }
        }
        #expect(exporter.statistics == SpanExporter.Statistics(exported: 1, failures: 3))
        #expect(exporter.lastFailure == nil)
    }

    @Test func `a batch that the receiver refuses is not sent again, and its loss is reported`() async throws {
        let receiver = Receiver { $0 == 1 ? .refused("the receiver answered 400") : Self.accepted }
        let exporter = exporter(receiver, BatchSettings(delay: .milliseconds(1)))
        try await running(exporter) {
            record(2, exporter)
            try await eventually("it was refused") { exporter.statistics.undelivered == 2 }
            record(1, exporter)
            try await eventually("the next one was sent") { receiver.spans == 1 }
        }
        #expect(receiver.requests == 2)
        #expect(log.lines.contains { $0.contains("Spans were dropped") && $0.contains("the receiver answered 400") })
    }

    @Test func `spans that the receiver rejects are counted and not sent again`() async throws {
        let partial = TraceExportResponse(Array(#"{"partialSuccess":{"rejectedSpans":"2"}}"#.utf8), as: .json)
        let receiver = Receiver { _ in .accepted(partial) }
        let exporter = exporter(receiver, BatchSettings(delay: .milliseconds(1)))
        try await running(exporter) {
            record(5, exporter)
            try await eventually("they were sent") { exporter.statistics.exported > 0 }
        }
        #expect(receiver.requests == 1 && exporter.statistics == SpanExporter.Statistics(exported: 3, rejected: 2))
    }

    /// The first request is held: the queue fills, and nobody who records a span waits.
    @Test func `a receiver that does not answer costs spans, not time or memory`() async throws {
        let gate = AsyncSignal()
        let receiver = Receiver { request in
            if request == 1 { await gate.wait(atMost: .seconds(1200)) }
            return Self.accepted
        }
        let exporter = exporter(receiver, BatchSettings(delay: .milliseconds(1), queueSize: 50, batchSize: 10))
        try await running(exporter) {
            record(10, exporter)
            try await eventually("the receiver holds a batch") { receiver.requests == 1 }
            record(10_000, exporter)
            #expect(exporter.queue.count == 50)
            gate.signal()
            try await eventually("what waited is sent") { receiver.spans == 60 }
            try await eventually("what was dropped is counted") { exporter.statistics.overflowed == 9950 }
        }
        #expect(log.lines.contains { $0.contains("Spans were dropped") })
    }

    @Test func `at the end nobody waits for a receiver that is away`() async throws {
        let receiver = Receiver { _ in .unavailable("no connection", retryAfter: .seconds(3600)) }
        let exporter = exporter(receiver, BatchSettings(delay: .seconds(600), queueSize: 100, batchSize: 10))
        try await running(exporter) { record(35, exporter) }
        record(1, exporter)
        #expect(exporter.statistics.undelivered == 35 && receiver.spans == 0)
        #expect(exporter.queue.count == 0, "nothing is kept that nobody will send")
        #expect(log.lines.contains { $0.contains("Spans were dropped") })
    }
}
