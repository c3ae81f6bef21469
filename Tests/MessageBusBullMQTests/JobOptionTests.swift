import JSONCoding
import Primitives
import TestSupport
import Testing

@testable import MessageBusBullMQ

/// Options, back-off and retention: pure.
@Suite struct JobOptionTests {
    @Test func `exponential back-off doubles, fixed does not, and neither overflows`() {
        let exponential = BullMQBackOff(.exponential, delay: .milliseconds(100))
        #expect((0..<4).map { exponential.wait(afterAttempts: $0) } == [100, 200, 400, 800].map { .milliseconds($0) })
        let fixed = BullMQBackOff(.fixed, delay: .milliseconds(100))
        #expect((0..<3).allSatisfy { fixed.wait(afterAttempts: $0) == .milliseconds(100) })
        for attempts in [50, 10_000, .max] {
            #expect(
                exponential.wait(afterAttempts: attempts) == .milliseconds(Int64(BullMQBackOff.maximumMilliseconds)))
        }
        #expect(BullMQBackOff(.exponential, delay: .zero).wait(afterAttempts: .max) == .zero)
    }

    @Test func `jitter takes away at most its share`() {
        var generator = SeededGenerator(seed: 1)
        let backOff = BullMQBackOff(.fixed, delay: .seconds(10), jitter: 0.25)
        let waits = (0..<1000).map { _ in backOff.wait(afterAttempts: 0, using: &generator) }
        #expect(waits.allSatisfy { $0 >= .milliseconds(7500) && $0 <= .seconds(10) })
        #expect(Set(waits).count > 500)
    }

    @Test(arguments: [
        (#"500"#, BullMQBackOff(.fixed, delay: .milliseconds(500))),
        (#"{"type":"fixed","delay":500}"#, BullMQBackOff(.fixed, delay: .milliseconds(500))),
        (
            #"{"type":"exponential","delay":5,"jitter":0.5}"#,
            BullMQBackOff(.exponential, delay: .milliseconds(5), jitter: 0.5)
        ),
        (#"{"type":"custom","delay":5}"#, nil), (#"{"type":"fixed"}"#, nil), (#""soon""#, nil), (#"null"#, nil),
        (#"-5"#, BullMQBackOff(.fixed, delay: .zero)),
        (#"1e300"#, BullMQBackOff(.fixed, delay: .milliseconds(Int64(BullMQBackOff.maximumMilliseconds)))),
    ])
    func `back-off is read as BullMQ stores it`(text: String, expected: BullMQBackOff?) throws {
        #expect(BullMQBackOff(try JSONValue.parse(Array(text.utf8))) == expected)
    }

    @Test(arguments: [
        ("true", BullMQRetention.none), ("false", .all), ("null", .all), ("5", BullMQRetention(count: 5)),
        ("0", .none), (#"{"count":3}"#, BullMQRetention(count: 3)),
        (#"{"age":60,"count":3,"limit":10}"#, BullMQRetention(count: 3, age: 60, limit: 10)),
        (#"{"age":-1}"#, BullMQRetention(age: 0)), (#""all""#, .all),
    ])
    func `retention is read as BullMQ stores it`(text: String, expected: BullMQRetention) throws {
        #expect(BullMQRetention(try JSONValue.parse(Array(text.utf8))) == expected)
    }

    @Test func `options come back from what is stored`() throws {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<500 {
            let options = BullMQJobOptions {
                $0.id = Bool.random(using: &generator) ? "job-\(Int.random(in: 0...99, using: &generator))" : nil
                $0.delay = .milliseconds(Int.random(in: 0...100_000, using: &generator))
                $0.priority = Int.random(in: 0...BullMQJobOptions.maximumPriority, using: &generator)
                $0.attempts = Int.random(in: 0...20, using: &generator)
                if Bool.random(using: &generator) {
                    $0.backOff = BullMQBackOff(
                        Bool.random(using: &generator) ? .fixed : .exponential,
                        delay: .milliseconds(Int.random(in: 0...100_000, using: &generator)))
                }
                $0.isLastInFirstOut = Bool.random(using: &generator)
                $0.removeOnComplete = BullMQRetention(count: Int.random(in: 0...9, using: &generator))
                $0.removeOnFail = BullMQRetention(age: Int.random(in: 0...9, using: &generator))
                $0.stackTraceLimit = Bool.random(using: &generator) ? 3 : nil
            }
            #expect(BullMQJobOptions(stored: try JSONValue.parse(options.json.serialized())) == options)
        }
    }

    @Test(arguments: ["null", "[]", "7", #"{"attempts":"x","delay":null,"priority":-1,"lifo":1,"backoff":[]}"#])
    func `wrong options have their defaults`(text: String) throws {
        #expect(BullMQJobOptions(stored: try JSONValue.parse(Array(text.utf8))) == BullMQJobOptions())
    }

    @Test func `names are checked`() throws {
        #expect(try BullMQName(prefix: "{bull}", queue: "q").key("wait") == "{bull}:q:wait")
        #expect(try BullMQName(prefix: "a:b", queue: "q").prefix == "a:b")
        for (prefix, queue) in [("", "q"), ("bull", ""), ("bull", "a:b"), ("b ull", "q"), ("bull", "é")] {
            #expect(throws: BullMQError.self) { try BullMQName(prefix: prefix, queue: queue) }
        }
    }

    @Test func `stack traces are limited`() throws {
        let fields = [
            "data": Array("{}".utf8), "opts": Array(#"{"stackTraceLimit":2}"#.utf8),
            "stacktrace": Array(#"["a","b"]"#.utf8),
        ]
        let job = try BullMQJob(id: "1", fields: fields)
        #expect(job.stackTrace(adding: "c") == Array(#"["b","c"]"#.utf8))
    }
}
