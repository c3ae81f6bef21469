import JSONCoding
import MessageBusTestSupport
import Primitives
import Synchronization
import TestSupport
import Testing
import WorkQueue

@testable import MessageBusBullMQ

/// Jobs of the official producer, processed by our worker.
@Suite(.timeLimit(.minutes(20))) struct OfficialQueueTests {
    private struct AsTold: Error {}

    /// What the names of jobs ask for, as in bullmq_worker.py.
    private static func handle(_ job: BullMQJob) async throws -> [UInt8] {
        let words = job.name.split(separator: " ")
        if words[0] == "fail" { throw AsTold() }
        if words[0] == "until", job.attemptsMade + 1 < Int(words[1]) ?? 0 { throw AsTold() }
        return job.data
    }

    @Test func `our worker processes every kind of job of the official producer`() async throws {
        try await TestQueue.with { test in
            let added = try await test.official(
                ["add", "ok", [:], ["jobId": "p7", "priority": 7]],
                ["add", "ok", [:], ["jobId": "p2", "priority": 2]],
                ["add", "ok", ["text": "é", "n": 1], [:]],
                ["add", "ok", [1], ["jobId": "lifo", "lifo": true]],
                ["add", "ok", 2, ["jobId": "late", "delay": 300]],
                [
                    "add", "until 3", [:],
                    ["jobId": "exponential", "attempts": 5, "backoff": ["type": "exponential", "delay": 20]],
                ],
                ["add", "fail", [:], ["jobId": "fixed", "attempts": 2, "backoff": 20]],
                ["add", "ok", [:], ["jobId": "removed", "removeOnComplete": true]],
                ["add", "fail", [:], ["jobId": "forgotten", "removeOnFail": true]],
                ["add", "ok", [:], ["jobId": "removed", "removeOnComplete": true]],
                ["add", "ok", [:], ["deduplication": ["id": "d"]]],
                ["add", "ok", [:], ["deduplication": ["id": "d"]]])
            #expect(added[10] == added[11])
            let deduplicated = try #require(added[10].stringValue)
            let order = Mutex<[String]>([])
            try await running([
                test.worker { job in
                    order.withLock { $0.append(job.id) }
                    return try await Self.handle(job)
                }
            ]) {
                for id in ["p7", "p2", "3", "lifo", "late", "exponential", deduplicated] {
                    try await test.until(id, is: "completed")
                }
                try await test.until("fixed", is: "failed")
                try await eventually("jobs that are not kept are gone") {
                    let removed = try await test.queue.job("removed")
                    let forgotten = try await test.queue.job("forgotten")
                    return removed == nil && forgotten == nil
                }
                try await eventually("nothing is left to do") {
                    try await test.events().last == "drained"
                }
            }
            let handled = order.withLock { $0 }
            #expect(handled.filter { ["lifo", "3", "p2", "p7"].contains($0) } == ["lifo", "3", "p2", "p7"])
            #expect(handled.count { $0 == "exponential" } == 3 && handled.count { $0 == "fixed" } == 2)
            #expect(handled.count { $0 == "removed" } == 1 && handled.count { $0 == deduplicated } == 1)
            let seen = try await test.official(
                ["state", "3"], ["job", "3"], ["state", "fixed"], ["job", "fixed"],
                ["counts", "wait", "active", "delayed", "failed", "completed"])
            #expect(seen[0] == "completed")
            #expect(seen[1]["returnvalue"]?["text"] == "é" && seen[1]["attemptsMade"] == 1)
            #expect(seen[2] == "failed")
            #expect(seen[3]["failedReason"] == "AsTold" && seen[3]["attemptsMade"] == 2)
            #expect(seen[3]["stacktrace"] == ["AsTold", "AsTold"])
            #expect(seen[4] == ["wait": 0, "active": 0, "delayed": 0, "failed": 1, "completed": 7])
        }
    }

    @Test func `official listeners see what our producer and worker do`() async throws {
        try await TestQueue.with { test in
            try await test.add("a", name: "ok")
            try await test.add("b", name: "fail") { $0.attempts = 2 }
            try await running([test.worker(Self.handle)]) {
                try await test.until("b", is: "failed")
            }
            try await test.queue.pause()
            try await test.queue.resume()
            let output = try await PythonPeer.run(
                "bullmq_events.py", ["\(test.port)", test.name.prefix, test.name.queue, "resumed"])
            let events = try output.split(separator: "\n").map { try JSONValue.parse(Array($0.utf8)) }
            func names(_ id: String) -> [String?] {
                events.filter { $0["jobId"]?.stringValue == id }.map { $0["event"]?.stringValue }
            }
            #expect(names("a") == ["added", "waiting", "active", "completed"])
            #expect(
                names("b")
                    == ["added", "waiting", "active", "waiting", "active", "failed", "retries-exhausted"])
            #expect(events.suffix(2).map { $0["event"]?.stringValue } == ["paused", "resumed"])
            let completed = try #require(events.first { $0["event"] == "completed" })
            #expect(completed["returnvalue"] == [:] && completed["prev"] == "active")
        }
    }

    @Test func `either side pauses a queue, and the other one lets it go on`() async throws {
        try await TestQueue.with { test in
            let claimant = test.claimant()
            _ = try await test.official(["pause"], ["add", "ok", [:], ["jobId": "a"]])
            #expect(try await claimant.claimIDs() == [])
            try await test.add("b", name: "ok")
            try await test.queue.resume()
            #expect(Set(try await claimant.claimIDs()) == ["a", "b"])

            try await test.add("c", name: "ok")
            try await test.queue.pause()
            #expect(try await claimant.claimIDs() == [])
            let seen = try await test.official(
                ["isPaused"], ["add", "ok", [:], ["jobId": "d"]], ["resume"], ["isPaused"])
            #expect(seen[0] == true && seen[3] == false)
            #expect(Set(try await claimant.claimIDs()) == ["c", "d"])
        }
    }
}
