import JSONCoding
import MessageBusTestSupport
import Primitives
import RedisClient
import Synchronization
import TestSupport
import Testing
import WorkQueue

@testable import MessageBusBullMQ

/// The rules of queues that official programs do not show.
@Suite(.timeLimit(.minutes(20))) struct QueueTests {
    @Test func `bad input is refused with its member, and adds nothing`() async throws {
        try await TestQueue.with { test in
            let bad: [(String, String, [UInt8], BullMQJobOptions)] = [
                ("name", "", json("{}"), BullMQJobOptions()),
                ("data", "job", json("{"), BullMQJobOptions()),
                ("id", "job", json("{}"), BullMQJobOptions { $0.id = "1:2" }),
                ("id", "job", json("{}"), BullMQJobOptions { $0.id = "17" }),
                ("id", "job", json("{}"), BullMQJobOptions { $0.id = "meta" }),
                ("priority", "job", json("{}"), BullMQJobOptions { $0.priority = 1 << 21 }),
                ("delay", "job", json("{}"), BullMQJobOptions { $0.delay = .seconds(-1) }),
                ("attempts", "job", json("{}"), BullMQJobOptions { $0.attempts = -1 }),
                (
                    "deduplication.id", "job", json("{}"),
                    BullMQJobOptions { $0.deduplication = BullMQDeduplication(id: "") }
                ),
                (
                    "deduplication.ttl", "job", json("{}"),
                    BullMQJobOptions { $0.deduplication = BullMQDeduplication(id: "d", life: .zero) }
                ),
            ]
            for (member, name, data, options) in bad {
                let error = await #expect(throws: BullMQError.self) {
                    try await test.queue.add(name, data: data, options: options)
                }
                #expect(error == .invalid(member: member))
            }
            let counter = try await test.on("id", "EXISTS").integer
            #expect(counter == 0)
        }
    }

    @Test func `deduplication extends and replaces`() async throws {
        try await TestQueue.with { test in
            func add(_ id: String, _ deduplication: BullMQDeduplication, delay: Duration) async throws
                -> BullMQQueue.Addition
            {
                try await test.queue.add(
                    "job", data: json("{}"),
                    options: BullMQJobOptions {
                        $0.id = id
                        $0.deduplication = deduplication
                        $0.delay = delay
                    })
            }
            let replacing = BullMQDeduplication(id: "r", life: .seconds(60), replaces: true)
            #expect(try await add("r1", replacing, delay: .seconds(50)) == .added(id: "r1"))
            #expect(try await add("r2", replacing, delay: .zero) == .added(id: "r2"))
            #expect(try await test.queue.job("r1") == nil)
            #expect(try await add("r3", replacing, delay: .zero) == .deduplicated(id: "r2"), "it is not delayed")
            let extending = BullMQDeduplication(id: "e", life: .seconds(60), extends: true)
            #expect(try await add("e1", extending, delay: .zero) == .added(id: "e1"))
            try await test.on("de:e", "PEXPIRE", 1000)
            #expect(try await add("e2", extending, delay: .zero) == .deduplicated(id: "e1"))
            #expect((try await test.on("de:e", "PTTL").integer ?? 0) > 50_000)
        }
    }

    @Test func `jobs of a paused queue are kept where the version of its owner looks`() async throws {
        try await TestQueue.with { test in
            try await test.add("a")
            try await test.queue.pause()
            try await test.add("b")
            #expect(try await test.on("wait", "LLEN").integer == 0, "BullMQ 5 would rename `paused` over it")
            #expect(try await test.on("paused", "LRANGE", 0, -1).array?.map(\.text) == ["b", "a"])
            try await test.queue.resume()
            try await test.on("meta", "HSET", "version", "bullmq:6.2.0")
            try await test.queue.pause()
            try await test.add("c")
            #expect(try await test.on("wait", "LRANGE", 0, -1).array?.map(\.text) == ["c", "b", "a"])
            try await test.queue.resume()
            #expect(try await test.claimant().claimIDs() == ["a", "b", "c"])
        }
    }

    @Test func `jobs that nobody can work on fail or vanish, and are never stranded`() async throws {
        try await TestQueue.with { test in
            try await test.add("broken")
            try await test.on("broken", "HSET", "data", "{", "ats", "many", "delay", "0.0")
            try await test.add("optionless")
            try await test.on("optionless", "HSET", "opts", "no", "atm", "x")
            try await test.on("wait", "RPUSH", "0:0", "gone")
            try await test.add("scheduled")
            try await test.on("scheduled", "HSET", "rjk", "scheduler")
            let handled = Mutex<[String]>([])
            try await running([
                test.worker { job in
                    handled.withLock { $0.append(job.id) }
                    return nil
                }
            ]) {
                try await test.until("optionless", is: "completed")
                try await test.until("broken", is: "failed")
                try await test.until("scheduled", is: "failed")
            }
            #expect(handled.withLock { $0 } == ["optionless"])
            #expect(
                try await test.on("broken", "HGET", "failedReason").text == "the job's data is not valid")
            #expect(try await test.on("active", "LLEN").integer == 0)
            #expect(try await test.on("gone", "EXISTS").integer == 0)
        }
    }

    @Test func `limits of the queue are kept`() async throws {
        try await TestQueue.with { test in
            for number in 0..<5 { try await test.add("j\(number)") }
            let claimant = test.claimant()
            try await test.on("meta", "HSET", "concurrency", 2)
            let first = try await claimant.claim(limit: 10, lock: .seconds(30))
            #expect(first.map(\.claim.job) == ["j0", "j1"])
            #expect(try await claimant.claimIDs() == [])
            try await test.on("marker", "DEL")
            _ = try await claimant.settle([
                BullMQOutcome(claim: first[0].claim, ending: .completed(result: json("null")))
            ])
            #expect(try await test.on("marker", "EXISTS").integer == 1, "the place that is free wakes a worker")
            try await test.on("meta", "HDEL", "concurrency")
            try await test.on("meta", "HSET", "max", 2, "duration", 60_000)
            #expect(try await claimant.claimIDs() == ["j2", "j3"])
            #expect(try await claimant.claimIDs() == [])
            let pause = try #require(claimant.timeUntilDue)
            #expect(pause > .seconds(30) && pause <= .seconds(60))
            try await test.on("limiter", "DEL")
            #expect(try await claimant.claimIDs() == ["j4"])
        }
    }

    @Test func `a job that stalls too often fails without being worked on`() async throws {
        try await TestQueue.with { test in
            try await test.add("a")
            let claimant = test.claimant()
            let recover: @Sendable (Int) async throws -> [String?] = { stalls in
                try await test.on("stalled-check", "DEL")
                let reply = try await test.queue.run(BullMQScripts.recover, [.integer(Int64(stalls)), 1000])
                return (reply.array ?? []).map(\.text)
            }
            for round in 1...2 {
                #expect(try await claimant.claimIDs() == ["a"])
                #expect(try await recover(1) == [], "it is only suspected")
                try await test.on("a:lock", "DEL")
                #expect(try await recover(1) == ["a"])
                #expect(try await test.on("a", "HGET", "stc").integer == Int64(round))
            }
            try await running([test.worker { _ in throw TestFailure("it must not be worked on") }]) {
                try await test.until("a", is: "failed")
            }
            let job = try #require(try await test.queue.job("a"))
            #expect(job.failedReason == "job stalled more than allowable limit" && job.deferredFailure == nil)
        }
    }

    @Test func `who has lost a lock can neither end nor extend the job`() async throws {
        try await TestQueue.with { test in
            try await test.add("a")
            let claimant = test.claimant()
            let mine = try #require(try await claimant.claim(limit: 1, lock: .seconds(30)).first?.claim)
            try await test.on("a:lock", "SET", "another")
            #expect(try await claimant.extend([mine], lock: .seconds(30)).isEmpty)
            for ending in [
                BullMQOutcome.Ending.completed(result: json("1")), .failed(reason: "x", stackTrace: json("[]")),
                .retry(after: .zero, reason: "x", stackTrace: json("[]")), .released(after: .zero),
            ] {
                #expect(try await claimant.settle([BullMQOutcome(claim: mine, ending: ending)]) == [.lost])
            }
            #expect(try await test.queue.state(of: "a") == "active")
            try await test.on("a:lock", "DEL")
            #expect(
                try await claimant.settle([BullMQOutcome(claim: mine, ending: .completed(result: json("1")))])
                    == [.lost])
        }
    }

    @Test func `finished jobs are kept as their options say`() async throws {
        try await TestQueue.with { test in
            for number in 0..<4 {
                try await test.add("c\(number)") { $0.removeOnComplete = BullMQRetention(count: 2) }
            }
            try await running([test.worker { _ in nil }]) {
                try await eventually("the last one is done") { try await test.queue.state(of: "c3") == "completed" }
            }
            #expect(try await test.on("completed", "ZRANGE", 0, -1).array?.map(\.text) == ["c2", "c3"])
            #expect(try await test.queue.job("c0") == nil)
            try await test.on("completed", "ZADD", 1000, "c2")
            try await test.add("c4") { $0.removeOnComplete = BullMQRetention(age: 60) }
            try await running([test.worker { _ in nil }]) {
                try await eventually("the last one is done") { try await test.queue.state(of: "c4") == "completed" }
            }
            #expect(try await test.on("completed", "ZRANGE", 0, -1).array?.map(\.text) == ["c3", "c4"])
        }
    }

    @Test func `failed jobs are retried with all their attempts, and removed with everything they have`() async throws {
        try await TestQueue.with { test in
            try await test.add("a") { $0.attempts = 2 }
            let fails = Mutex(true)
            let worker = test.worker { job in
                if fails.withLock({ $0 }) { throw TestFailure("no") }
                return nil
            }
            try await running([worker]) {
                try await test.until("a", is: "failed")
                #expect(try await test.queue.job("a")?.attemptsMade == 2)
                fails.withLock { $0 = false }
                #expect(try await test.queue.retryFailed(["a", "b"]) == 1)
                try await test.until("a", is: "completed")
            }
            #expect(try await test.queue.job("a")?.attemptsMade == 1)
            #expect(try await test.queue.retryFailed() == 0)
            #expect(try await test.queue.remove(["a", "b"]) == 1)
            #expect(try await test.queue.job("a") == nil)
            #expect(try await test.queue.state(of: "a") == nil)
        }
    }

    @Test func `parents go on when their children are done, and fail with those that ask for it`() async throws {
        try await TestQueue.with { test in
            for (parent, children) in [("p1", ["c1", "c2"]), ("p2", ["c3"])] {
                try await test.add(parent)
                try await test.on("wait", "LREM", 0, .text(parent))
                try await test.on("waiting-children", "ZADD", 1, .text(parent))
                for child in children {
                    try await test.add(child)
                    let queueKey = String(test.name.key("").dropLast())
                    try await test.on(
                        child, "HSET", "parentKey", .text(test.name.key(parent)), "parent",
                        .text(
                            #"{"id":"\#(parent)","queueKey":"\#(queueKey)"\#(child == "c3" ? #","fpof":true"# : "")}"#))
                    try await test.on("\(parent):dependencies", "SADD", .text(test.name.key(child)))
                }
            }
            let order = Mutex<[String]>([])
            try await running([
                test.worker { job in
                    order.withLock { $0.append(job.id) }
                    if job.id == "c3" { throw TestFailure("no") }
                    return json("\"done\"")
                }
            ]) {
                try await test.until("p1", is: "completed")
                try await test.until("p2", is: "failed")
            }
            #expect(order.withLock { $0 }.filter { $0 != "c3" } == ["c1", "c2", "p1"])
            #expect(try await test.on("p1:processed", "HLEN").integer == 2)
            #expect(
                try await test.queue.job("p2")?.failedReason == "child \(test.name.key("c3")) failed")
        }
    }

    @Test func `a claim whose answer is lost is given back`() async throws {
        try await TestQueue.with { test in
            try await test.add("a")
            _ = try await test.queue.run(BullMQScripts.claim, [1, "lost", 60_000, "", 0, 1])
            #expect(try await test.queue.state(of: "a") == "active")
            #expect(try await test.queue.run(BullMQScripts.giveBack, ["lost"]).integer == 1)
            #expect(try await test.claimant().claimIDs() == ["a"])
        }
    }
}
