import JSONCoding
import Primitives
import TestSupport
import Testing

@testable import AWS

/// Small readers of what services answer, and the rules of repetition.
@Suite struct AnswerReadingTests {
    @Test func `a code is found wherever its protocol puts it, and is fit for logs`() {
        #expect(ErrorCode.of(["__type": "com.amazonaws.sqs#QueueDoesNotExist"], header: nil) == "QueueDoesNotExist")
        #expect(ErrorCode.of(["code": "Throttling"], header: "Other") == "Throttling")
        #expect(ErrorCode.of(nil, header: "AccessDenied:http://internal/") == "AccessDenied")
        #expect(ErrorCode.of([:], header: nil) == nil)
        #expect(ErrorCode.cleaned("a\"b\nc d{}é") == "abcd")
        #expect(ErrorCode.cleaned(String(repeating: "a", count: 500)).count == 100)
        #expect(ErrorCode.cleaned("") == "")
    }

    @Test func `the text of an element is read, and nothing else is taken for it`() {
        let answer = QueryAnswer(Array("<R><A>1 &lt; 2 &amp;amp;</A><B></B><C><D>x</D></C><A>second</A>".utf8))
        #expect(answer["A"] == "1 < 2 &amp;")
        #expect(answer["B"] == nil && answer["C"] == nil && answer["E"] == nil)
        #expect(answer["D"] == "x")
        #expect(QueryAnswer(Array("<A>no end".utf8))["A"] == nil)
    }

    private func error(_ kind: AWSError.Kind, _ retryAfter: Duration? = nil) -> AWSError {
        AWSError(kind, operation: "o", retryAfter: retryAfter)
    }

    @Test func `waits double up to a limit, have jitter, and are never shorter than the service asks`() {
        let policy = RetryPolicy(maximumAttempts: 100)
        var generator = SeededGenerator(seed: 3)
        for attempt in 1...99 {
            for (kind, initial) in [
                (AWSError.Kind.unavailable, policy.initial), (.throttled, policy.initialWhenThrottled),
            ] {
                let wait = policy.delay(
                    after: error(kind), attempt: attempt, remaining: .seconds(60), using: &generator)
                let limit = min(initial * (1 << min(attempt - 1, 10)), policy.maximum)
                #expect(wait.map { $0 >= limit / 2 && $0 <= limit } == true, "\(attempt)")
            }
        }
        let asked = policy.delay(
            after: error(.throttled, .seconds(7)), attempt: 1, remaining: .seconds(60), using: &generator)
        #expect(asked == .seconds(7))
        let late = policy.delay(
            after: error(.throttled, .seconds(7)), attempt: 1, remaining: .seconds(7), using: &generator)
        #expect(late == nil)
        let attempts = RetryPolicy()
        #expect(
            attempts.delay(after: error(.unavailable), attempt: 4, remaining: .seconds(60), using: &generator) == nil)
        for kind in [AWSError.Kind.refused, .credentials] {
            #expect(policy.delay(after: error(kind), attempt: 1, remaining: .seconds(60), using: &generator) == nil)
        }
    }

    @Test func `the time of a service replaces that of the machine only when they differ by minutes`() throws {
        let machine = ManualClock(try #require(Timestamp(iso8601: "2026-01-05T10:00:00Z")))
        let clock = ServiceClock(machine)
        #expect(!clock.correct(by: nil) && !clock.correct(by: "yesterday"))
        #expect(!clock.correct(by: "Mon, 05 Jan 2026 10:01:00 GMT"))
        #expect(clock.now() == machine.now())
        #expect(clock.correct(by: "Mon, 05 Jan 2026 09:00:00 GMT"))
        #expect(clock.now().description == "2026-01-05T09:00:00.000Z")
        #expect(!clock.correct(by: "Mon, 05 Jan 2026 09:00:00 GMT"), "it is right now")
        machine.set(try #require(Timestamp(iso8601: "2026-01-05T09:00:00Z")))
        #expect(clock.correct(by: "Mon, 05 Jan 2026 09:00:00 GMT"), "the machine's clock was set right")
        #expect(clock.now() == machine.now())
    }
}
