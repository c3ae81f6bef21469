import JSONCoding
import MessageBusTestSupport
import Primitives
import RedisClient
import Synchronization
import TestSupport
import Testing
import WorkQueue

@testable import MessageBusBullMQ

/// Jobs of our producer, processed by the official worker.
@Suite(.timeLimit(.minutes(20))) struct OfficialWorkerTests {
    @Test func `the official worker processes every kind of job of our producer`() async throws {
        try await TestQueue.with { test in
            let queue = test.queue
            // In the order in which they are to be processed.
            try await test.add("p7", name: "ok last") { $0.priority = 7 }
            try await test.add("p2", name: "ok") { $0.priority = 2 }
            let plain = try await queue.add("ok", data: json(#"{"text":"\u0000é","n":1.50}"#))
            #expect(plain == .added(id: "3"))
            try await test.add("lifo", name: "ok", data: "[1]") { $0.isLastInFirstOut = true }
            try await test.add("late", name: "ok", data: "2") { $0.delay = .milliseconds(300) }
            try await test.add("exponential", name: "until 3") {
                $0.attempts = 5
                $0.backOff = BullMQBackOff(.exponential, delay: .milliseconds(20))
            }
            try await test.add("fixed", name: "fail") {
                $0.attempts = 2
                $0.backOff = BullMQBackOff(.fixed, delay: .milliseconds(20))
            }
            try await test.add("removed", name: "ok") { $0.removeOnComplete = .none }
            try await test.add("forgotten", name: "fail") { $0.removeOnFail = .none }
            let again = try await test.add("removed", name: "ok")
            #expect(again == .duplicated(id: "removed"))
            let one = BullMQJobOptions { $0.deduplication = BullMQDeduplication(id: "d") }
            let first = try await queue.add("ok", data: json("{}"), options: one)
            guard case .added(let id) = first else { throw TestFailure("not added: \(first)") }
            #expect(try await queue.add("ok", data: json("{}"), options: one) == .deduplicated(id: id))

            let worker = try await OfficialWorker(test)
            for id in ["p7", "p2", "3", "lifo", "late", "exponential", id] { try await test.until(id, is: "completed") }
            try await test.until("fixed", is: "failed")
            try await eventually("jobs that are not kept are gone") {
                let removed = try await queue.job("removed")
                let forgotten = try await queue.job("forgotten")
                return removed == nil && forgotten == nil
            }
            let order = worker.attempts.compactMap { $0["id"]?.stringValue }
            let undisturbed = order.filter { ["lifo", "3", "p2", "p7"].contains($0) }
            #expect(undisturbed == ["lifo", "3", "p2", "p7"])
            #expect(order.count { $0 == "removed" } == 1 && order.count { $0 == id } == 1)
            #expect(order.count { $0 == "exponential" } == 3 && order.count { $0 == "fixed" } == 2)
            let job = try #require(try await queue.job("3"))
            #expect(job.returnValue.map { String(decoding: $0, as: UTF8.self) }?.contains("echo") == true)
            #expect(try await queue.job("fixed")?.failedReason == "as told")
            // The deduplication ends with its job.
            #expect(try await queue.add("ok", data: json("{}"), options: one) != .deduplicated(id: id))
        }
    }

    @Test func `a job whose official worker is killed is completed by ours, once`() async throws {
        try await TestQueue.with { test in
            let official = try await OfficialWorker(test, #"{"lockDuration": 500, "stalledInterval": 100000}"#)
            try await test.add("a", name: "hold")
            try await eventually("it is held") { !official.attempts.isEmpty }
            official.kill()
            let handled = Mutex(0)
            let settings = BullMQWorkerSettings(stalledInterval: .milliseconds(50), blockTime: .milliseconds(100))
            try await running([
                test.worker(lease: .seconds(60), settings: settings) { _ in
                    handled.withLock { $0 += 1 }
                    return json("1")
                }
            ]) {
                try await test.until("a", is: "completed")
            }
            let events = try await test.events(of: "a")
            #expect(handled.withLock { $0 } == 1)
            #expect(events.count { $0 == "completed" } == 1 && events.contains("stalled"))
            let job = try #require(try await test.queue.job("a"))
            #expect(job.attemptsMade == 1 && job.attemptsStarted == 2 && job.stalledCount == 1)
        }
    }

    @Test func `a job whose worker is cut off is completed by the official one, once`() async throws {
        try await TestQueue.with { test in
            let (other, client) = test.connected()
            try await test.add("a", name: "ok")
            let (entered, continuation) = AsyncStream<Void>.makeStream()
            let doomed = test.worker(lease: .milliseconds(500), on: other) { _ in
                continuation.yield()
                // The end comes after somebody else has the job.
                try await Task.sleep(for: .seconds(3600))
                return nil
            }
            try await running([doomed]) {
                for await _ in entered { break }
                await client.shutdown()
                let official = try await OfficialWorker(test, #"{"stalledInterval": 100, "drainDelay": 1}"#)
                try await test.until("a", is: "completed")
                #expect(official.attempts.count == 1)
            }
            let events = try await test.events(of: "a")
            #expect(events.count { $0 == "completed" } == 1 && events.contains("stalled"))
        }
    }

    @Test func `a job whose lock our worker renews goes to nobody else`() async throws {
        try await TestQueue.with { test in
            try await test.add("a", name: "ok")
            let isReleased = Mutex(false)
            let handled = Mutex(0)
            // Renewed every five seconds, and lost only by a process that has no CPU for ten.
            let ours = test.worker(lease: .seconds(15)) { _ in
                handled.withLock { $0 += 1 }
                try await eventually("the test goes on") { isReleased.withLock { $0 } }
                return nil
            }
            func lock() async throws -> Int64 {
                try await test.on("a:lock", "PTTL").integer ?? -1
            }
            try await running([ours]) {
                try await eventually("it is at work") { handled.withLock { $0 } == 1 }
                let official = try await OfficialWorker(test, #"{"stalledInterval": 100, "drainDelay": 1}"#)
                // What it looks at next time: jobs that are at work now and have no lock then.
                try await eventually("the official worker looks for stalled jobs") {
                    try await test.on("stalled", "SISMEMBER", "a").integer == 1
                }
                var rest = try await lock()
                try await eventually("the lock is renewed") {
                    let now = try await lock()
                    defer { rest = now }
                    return now > rest
                }
                try await test.queue.add("ok", data: json("{}"))
                try await eventually("the official worker does what is free") { official.attempts.count == 1 }
                isReleased.withLock { $0 = true }
                try await test.until("a", is: "completed")
                #expect(official.attempts.count == 1 && handled.withLock { $0 } == 1)
                #expect(try await !test.events(of: "a").contains("stalled"))
            }
        }
    }
}
