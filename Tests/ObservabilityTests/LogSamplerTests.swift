import Foundation
import JSONCoding
import Logging
import Primitives
import Synchronization
import Testing

@testable import Observability

@Suite struct LogSamplerTests {
    private let summaries = Summaries()
    private static let start = ContinuousClock.now

    private func decide(
        _ sampler: LogSampler, _ message: String, _ level: Logger.Level = .warning, after seconds: Int = 0
    ) -> LogSampler.Decision {
        sampler.decide(
            level, label: "test", message: message, now: Self.start.advanced(by: .seconds(seconds))
        ) { [summaries] in summaries.add($0) }
    }

    private final class Summaries: Sendable {
        private let state = Mutex<[LogSampler.Summary]>([])
        var all: [LogSampler.Summary] { state.withLock { $0 } }
        func add(_ summary: LogSampler.Summary) { state.withLock { $0.append(summary) } }
    }

    @Test func `a line that is repeated is left out, and the next window says how often`() {
        let sampler = LogSampler(limit: 3, window: .seconds(3600))
        let decisions = (0..<5).map { _ in decide(sampler, "again") }
        #expect(decisions == [.write, .write, .write, .leaveOut, .leaveOut])
        #expect(decide(sampler, "another") == .write, "only the same text counts")
        #expect(decide(sampler, "again", after: 3599) == .leaveOut)
        #expect(decide(sampler, "again", after: 3600) == .write)
        #expect(
            summaries.all == [
                LogSampler.Summary(level: .warning, label: "test", message: "again", count: 3)
            ])
    }

    @Test func `what was left out is known at the end, too`() {
        let sampler = LogSampler(limit: 1, window: .seconds(3600))
        for _ in 0..<4 { _ = decide(sampler, "b") }
        for _ in 0..<3 { _ = decide(sampler, "a", .info) }
        #expect(sampler.takeSummaries().map(\.count) == [2, 3])
        #expect(sampler.takeSummaries().isEmpty)
    }

    @Test func `a summary does not begin a new window`() {
        let sampler = LogSampler(limit: 1, window: .seconds(3600))
        for _ in 0..<3 { _ = decide(sampler, "a") }
        #expect(sampler.takeSummaries().map(\.count) == [2])
        #expect(decide(sampler, "a", after: 3599) == .leaveOut)
        #expect(sampler.takeSummaries().map(\.count) == [1])
        #expect(decide(sampler, "a", after: 3600) == .write)
        #expect(summaries.all.isEmpty, "everything was summarized before")
    }

    @Test func `errors are written ten times as often, and what a developer asks for always`() {
        let sampler = LogSampler(limit: 2, window: .seconds(3600))
        #expect((0..<30).count { _ in decide(sampler, "e", .error) == .write } == 20)
        #expect((0..<30).count { _ in decide(sampler, "d", .debug) == .write } == 30)
        let unlimited = LogSampler(limit: 0)
        #expect((0..<100).count { _ in decide(unlimited, "w") == .write } == 100)
    }

    @Test func `of more different lines than there are places for, all are written`() {
        let sampler = LogSampler(limit: 1, window: .seconds(3600))
        for number in 0..<2000 {
            #expect(decide(sampler, "\(number)") == .write)
        }
        #expect(decide(sampler, "1999") == .write, "it was not counted")
        #expect(decide(sampler, "0") == .leaveOut)
    }

    @Test(.timeLimit(.minutes(20))) func `a summary does not wait for the next line`() async throws {
        let sampler = LogSampler(limit: 1, window: .milliseconds(20))
        let box = Summaries()
        for _ in 0..<3 { _ = sampler.decide(.warning, label: "test", message: "once") { box.add($0) } }
        while box.all.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        #expect(box.all.first?.message == "once")
    }

    @Test func `the handler writes a summary as a line`() throws {
        let pipe = Pipe()
        let output = LineOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        let sampler = LogSampler(limit: 1, window: .seconds(3600))
        let logger = Logger(label: "test") {
            JSONLogHandler(label: $0, level: SharedLogLevel(.info), sampler: sampler, output: output)
        }
        for number in 0..<3 { logger.warning("again", metadata: ["number": "\(number)"]) }
        for summary in sampler.takeSummaries() { JSONLogHandler.write(summary, to: output, at: Timestamp(seconds: 0)) }
        output.flush()
        try pipe.fileHandleForWriting.close()
        let lines = try String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            .split(separator: "\n").map { try JSONValue.parse(String($0)) }
        #expect(lines.map { $0["message"] } == ["again", "Repeated lines were left out"])
        #expect(lines.last?["repeatedMessage"] == "again" && lines.last?["lines"] == "2")
        #expect(lines.last?["level"] == "warning")
    }
}
