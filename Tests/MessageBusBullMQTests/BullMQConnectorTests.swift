import JSONCoding
import MessageBus
import MessageBusTestSupport
import Primitives
import RedisClient
import RedisTestSupport
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing
import WorkQueue

@testable import MessageBusBullMQ

/// What BullMQ adds to the rules of every connector.
@Suite(.timeLimit(.minutes(20))) struct BullMQConnectorTests {
    @Test func `a worker of another program finds events by their type in the base queue`() async throws {
        try await BullMQTestBus.with({ $0.baseQueueTypes = ["A"] }) { test in
            let events = [try numbered(1, of: .v4(), type: "A"), try numbered(2, of: .v4(), type: "B")]
            #expect(try await test.bus.publish(events) == [.published, .published])
            #expect(try await test.bus.publish(events) == [.published, .published])
            let claimant = BullMQClaimant(
                queue: test.bus.base, settings: BullMQWorkerSettings(), logger: testLogger)
            let jobs = try await claimant.claim(limit: 10, lock: .seconds(30))
            let job = try #require(jobs.first).job.get()
            #expect(jobs.count == 1 && job.id == events[0].id.description && job.name == "A")
            let data = try job.value()
            #expect(data["type"] == "A" && data["data"]?["number"] == 1)
            #expect(job.options.attempts == 3 && job.options.backOff == BullMQBackOff(.fixed, delay: .seconds(5)))
        }
    }

    @Test func `a base queue that nobody empties fills no further, and keeps the order of tenants`() async throws {
        try await BullMQTestBus.with({
            $0.baseQueueTypes = ["A"]
            $0.baseQueueCapacity = 1
        }) { test in
            let tenant = Identifier.v4()
            let first = try numbered(1, of: tenant, type: "A")
            let second = try numbered(2, of: tenant, type: "A")
            let third = try numbered(3, of: tenant, type: "B")
            let other = try numbered(4, of: .v4(), type: "B")
            let outcomes = try await test.bus.publish([first, second, third, other])
            #expect(outcomes[0] == .published && outcomes[3] == .published && outcomes[2] == .held)
            guard case .failed(let reason) = outcomes[1] else { throw TestFailure("\(outcomes[1])") }
            #expect(reason == "the queue events is full: nobody takes its jobs")
        }
    }

    @Test func `jobs of other programs are events for every group`() async throws {
        try await BullMQTestBus.with({ $0.consumesBaseQueue = true }) { test in
            let tenant = Identifier.v4()
            let seen = Seen()
            let intake = BullMQIntake(bus: test.bus).service
            let envelope = try numbered(9, of: tenant, type: "A")
            try await running([
                { try await intake.run() }, try test.consumer("one", ["A", "B"]) { seen.note($0) },
                try test.consumer("two", ["A"]) { seen.note($0) },
            ]) {
                try await test.bus.base.add(
                    "provision", data: json(#"{"type":"A","data":{"tenant":{"id":"\#(tenant)"},"plan":1.50}}"#))
                try await test.bus.base.add("provision", data: json(#"{"type":"B","tenantId":"\#(tenant)","x":null}"#))
                try await test.bus.base.add("provision", data: envelope.jsonBytes())
                let broken = try await test.bus.base.add("provision", data: json(#"{"data":{}}"#))
                try await eventually("all arrive") {
                    seen.events(of: "one").count == 3 && seen.events(of: "two").count == 2
                }
                guard case .added(let id) = broken else { throw TestFailure("\(broken)") }
                try await eventually("what is no event has failed") {
                    try await test.bus.base.job(id)?.failedReason == "the job's data has no type"
                }
            }
            let events = seen.events(of: "one")
            let nested = try #require(events.first { $0.type == "A" && $0.id != envelope.id })
            #expect(nested.tenantID == tenant)
            #expect(String(decoding: nested.data, as: UTF8.self) == #"{"tenant":{"id":"\#(tenant)"},"plan":1.50}"#)
            let flat = try #require(events.first { $0.type == "B" })
            #expect(flat.tenantID == tenant && String(decoding: flat.data, as: UTF8.self).contains(#""x":null"#))
            #expect(events.contains(envelope))
        }
    }

    @Test func `an event that no consumer asks for any more does not hold up its tenant`() async throws {
        try await BullMQTestBus.with { test in
            let tenant = Identifier.v4()
            let seen = Seen()
            // Registered and gone.
            try await running([try test.consumer("group", ["A", "B"]) { seen.note($0) }]) {
                _ = try await test.bus.publish([try numbered(0, of: tenant, type: "A")])
                try await eventually("it is registered") { seen.events(of: "group").count == 1 }
            }
            let old = try numbered(1, of: tenant, type: "B")
            let next = try numbered(2, of: tenant, type: "A")
            _ = try await test.bus.publish([old, next])
            try await test.bus.client.expectInteger(
                ["ZADD", .text(test.bus.base.name.key("arc:groups")), 1000, "group B"])
            try await running([try test.consumer("group", ["A"]) { seen.note($0) }]) {
                try await eventually("the next one arrives") { seen.events(of: "group").contains(next) }
            }
            let letters = try await test.bus.deadLetters(group: "group")
            #expect(letters.map(\.event) == [old])
            #expect(letters.map(\.lastError) == ["no consumer of the group asks for B any more"])
        }
    }

    @Test func `a job that is no event is a failed job of its group`() async throws {
        try await BullMQTestBus.with { test in
            let queue = test.bus.queue(of: "group")
            try await queue.add("x", data: json(#"{"type":"A"}"#), options: BullMQJobOptions { $0.id = "strange" })
            let good = try numbered(1, of: .v4(), type: "A")
            let seen = Seen()
            try await running([try test.consumer("group", ["A"]) { seen.note($0) }]) {
                _ = try await test.bus.publish([good])
                try await eventually("the good one arrives") { seen.events(of: "group") == [good] }
                try await eventually("the other one has failed") { try await queue.state(of: "strange") == "failed" }
            }
            #expect(try await queue.job("strange")?.failedReason == "the event has no data")
            #expect(try await test.bus.deadLetters(group: "group").isEmpty)
        }
    }

    @Test func `a group that does not come back gets no more events`() async throws {
        try await BullMQTestBus.with({ $0.groupLife = .milliseconds(1) }) { test in
            try await running([try test.consumer("group", ["A"]) { _ in }]) {
                try await eventually("it is registered") {
                    try await test.bus.client.send(["EXISTS", .text(test.bus.base.name.key("arc:groups"))]).integer == 1
                }
            }
            // The group's life is shorter, however much longer this takes.
            try await Task.sleep(for: .milliseconds(5))
            _ = try await test.bus.publish([try numbered(1, of: .v4(), type: "A")])
            #expect(try await test.bus.backlog(group: "group").waiting == 0)
        }
    }

    @Test func `a tenant goes on although another program has ended its first job`() async throws {
        try await BullMQTestBus.with { test in
            let tenant = Identifier.v4()
            let events = try (0..<3).map { try numbered($0, of: tenant, type: "A") }
            let seen = Seen()
            let (entered, continuation) = AsyncStream<Void>.makeStream()
            let holding = try test.consumer("group", ["A"], test.configuration.with { $0.lease = .seconds(3600) }) {
                _ in
                continuation.yield()
                try await Task.sleep(for: .seconds(3600))
            }
            try await running([holding]) {
                _ = try await test.bus.publish(events)
                for await _ in entered { break }
            }
            let queue = test.bus.queue(of: "group")
            // As tools do.
            _ = try await queue.send(["DEL", .text(queue.name.key(events[0].id.description))])
            let consumer = try test.consumer("group", ["A"], test.configuration.with { $0.lease = .milliseconds(300) })
            {
                seen.note($0)
            }
            try await running([consumer]) {
                try await eventually("the others arrive") { seen.firstTimes(of: "group").count == 2 }
            }
            #expect(seen.firstTimes(of: "group") == Array(events.dropFirst()))
        }
    }

    @Test func `large batches travel in parts, each event once and in order`() async throws {
        let data = json(#"{"text":"\#(String(repeating: "x", count: 200_000))"}"#)
        let tenant = Identifier.v4()
        let events = try (0..<30).map { _ in
            try EventEnvelope(
                id: .v7(at: SystemClock().now()), type: "A", tenantID: tenant, occurredAt: SystemClock().now(),
                data: data)
        }
        let parts = BullMQEventParts.split(events)
        #expect(parts.flatMap { $0 } == events && parts.count > 1)
        #expect(parts.allSatisfy { $0.reduce(0) { $0 + $1.data.count } <= 2 << 20 })
        #expect(BullMQEventParts.split([]).isEmpty)
    }
}

extension RedisClient {
    /// A command that replies with a number.
    func expectInteger(_ command: [RedisArgument]) async throws {
        guard try await send(command).integer != nil else { throw TestFailure("no number") }
    }
}
