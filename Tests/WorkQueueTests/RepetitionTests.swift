import Logging
import Primitives
import Synchronization
import TestSupport
import Testing

@testable import WorkQueue

@Suite(.timeLimit(.minutes(20)))
struct RepetitionTests {
    private static let quickly = BackOff(initial: .microseconds(1), maximum: .microseconds(1))

    @Test func `an outage is repeated for as long as it takes, and not in silence`() async throws {
        let log = RecordedLog(.trace)
        let outage = OutageLog("nothing works", logger: log.logger)
        let attempts = Mutex(0)
        let result = await repeating(backOff: Self.quickly, outage: outage) {
            let attempt = attempts.withLock { attempts in
                attempts += 1
                return attempts
            }
            if attempt < 50 { throw Away() }
            return attempt
        }
        #expect(try result.get() == 50)
        #expect(log.lines.count == 2, "\(log.lines)")
        #expect(log.lines.first?.hasPrefix("error: nothing works") == true)
        #expect(log.lines.last?.hasPrefix("notice: recovered from an outage") == true)
    }

    @Test func `any other error is repeated four times`() async {
        let attempts = Mutex(0)
        let result = await repeating(backOff: Self.quickly) {
            attempts.withLock { $0 += 1 }
            throw Unlucky()
        }
        #expect(throws: Unlucky.self) { try result.get() }
        #expect(attempts.withLock { $0 } == 5)
    }

    @Test func `work that is due but cannot be claimed is looked for less and less often`() {
        var idle = IdlePause()
        func next(_ due: Duration?) -> Duration { idle.next(timeUntilDue: due, pollInterval: .seconds(5)) }
        #expect(next(nil) == .seconds(5))
        #expect(next(.seconds(60)) == .seconds(5))
        #expect(next(.seconds(2)) == .seconds(2))
        let pauses = (0..<11).map { _ in next(.zero) }
        #expect(pauses.suffix(3) == [.milliseconds(256), .milliseconds(500), .milliseconds(500)])
        #expect(next(.microseconds(1)) == .milliseconds(1), "what becomes due in a moment is not waited for longer")
        #expect(next(.zero) == .milliseconds(1))
        _ = next(.zero)
        idle.worked()
        #expect(next(.zero) == .milliseconds(1))
    }

    @Test func `a database has answered since its last gap`() {
        var answers = AnswerHistory()
        func answer(_ second: Int64) { answers.answered(at: Timestamp(seconds: second), maximumGap: .seconds(5)) }
        #expect(answers.since == nil && answers.last == nil)
        for second: Int64 in [10, 15, 20] { answer(second) }
        #expect(answers.since == Timestamp(seconds: 10) && answers.last == Timestamp(seconds: 20))
        answer(26)
        #expect(answers.since == Timestamp(seconds: 26) && answers.last == Timestamp(seconds: 26))
        answer(20)
        #expect(answers.since == Timestamp(seconds: 20), "a clock that was set back")
        answer(20)
        #expect(answers.since == Timestamp(seconds: 20))
    }
}
