import MessageBus
import Primitives
import Synchronization
import TestSupport
import WorkQueue

/// Groups, content and duplicates.
extension ConformanceCheck {
    func groups(_ bus: some ConformanceBus) async throws {
        let seen = Seen()
        try await bus.prepare(group: "one", types: ["A", "B"])
        try await bus.prepare(group: "two", types: ["B"])
        let consumers = [
            try bus.consumer("one", ["A", "B"]) { seen.note($0) },
            try bus.consumer("two", ["B"]) { seen.note($0) },
            try bus.consumer("two", ["B"]) { seen.note($0) },
        ]
        let a = try numbered(1, of: .v4(), type: "A")
        let b = try numbered(2, of: nil, type: "B")
        let c = try numbered(3, of: .v4(), type: "C")
        try await running(consumers) {
            try await expectPublished([a, b, c], on: bus)
            try await eventually("both groups are served") {
                seen.firstTimes(of: "one").count == 2 && seen.firstTimes(of: "two").count == 1
            }
            // One more round through the same groups: had there been repetitions, they would have come before it.
            let last = try numbered(4, of: nil, type: "B")
            try await expectPublished([last], on: bus)
            try await eventually("the last one arrives") {
                seen.events(of: "one").contains(last) && seen.events(of: "two").contains(last)
            }
            try expect(Set(seen.events(of: "one")) == [a, b, last], "the first group has its events and no others")
            try expect(Set(seen.events(of: "two")) == [b, last], "the second group has its events and no others")
            guard bus.promises.recognizesDuplicates else { return }
            try expect(seen.events(of: "one").count == 3, "the first group has each of its events once")
            try expect(seen.events(of: "two").count == 2, "the second group has each of its events once")
        }
    }

    func envelope(_ bus: some ConformanceBus) async throws {
        let tenant = Identifier.v4()
        let long = String(repeating: "€", count: 60_000)
        let events = [
            try EventEnvelope(
                id: .v4(), type: "A", version: 7, tenantID: tenant,
                occurredAt: Timestamp(milliseconds: 1_767_607_200_123),
                trace: TraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
                data: Array(#"{"z":1.500,"a":"\u0000é'\\","type":"Z","10":[12345678901234567890,[],{}]}"#.utf8)),
            try EventEnvelope(
                id: .v4(), type: "A", tenantID: nil, occurredAt: Timestamp(milliseconds: 0), data: Array("{}".utf8)),
            try EventEnvelope(
                id: .v4(), type: "A", tenantID: .v4(), occurredAt: SystemClock().now(),
                data: Array(#"{"text":"\#(long)"}"#.utf8)),
        ]
        try await bus.prepare(group: "g", types: ["A"])
        let seen = Seen()
        try await running([try bus.consumer("g", ["A"]) { seen.note($0) }]) {
            for event in events { try await expectPublished([event], on: bus) }
            try await eventually("all arrive") { seen.firstTimes(of: "g").count == events.count }
        }
        let arrived = Dictionary(seen.firstTimes(of: "g").map { ($0.id, $0) }) { first, _ in first }
        for event in events { try expect(arrived[event.id] == event, "\(event.data.count) bytes arrive as they were") }
    }

    func batch(_ bus: some ConformanceBus) async throws {
        try expect(try await bus.connector.publish([]).isEmpty, "an empty batch has no outcomes")
        try expect(bus.connector.maximumBatchSize >= 1, "a batch has room for an event")
        try expect(
            (1...bus.connector.maximumBatchSize).contains(bus.connector.maximumRunLength), "a run fits into a batch")
        let tenants = (0..<4).map { _ in Identifier.v4() }
        let size = min(bus.connector.maximumBatchSize, 200)
        let runLength = bus.connector.maximumRunLength
        let events = try (0..<size).map { index in
            try numbered(index, of: runLength > 1 ? tenants[index % 4] : .v4(), type: "A")
        }
        try await bus.prepare(group: "g", types: ["A"])
        let seen = Seen()
        try await running([try bus.consumer("g", ["A"]) { seen.note($0) }]) {
            try await expectPublished(events, on: bus)
            try await eventually("all arrive") { seen.firstTimes(of: "g").count == size }
        }
        guard bus.promises.keepsOrder else { return }
        let expected = try numbersByTenant(events)
        try expect(try numbersByTenant(seen.firstTimes(of: "g")) == expected, "the order of a batch is kept")
    }

    func duplicates(_ bus: some ConformanceBus) async throws {
        let tenant = Identifier.v4()
        let events = try (0..<5).map { try numbered($0, of: tenant, type: "A") }
        try await bus.prepare(group: "g", types: ["A"])
        let seen = Seen()
        try await running([try bus.consumer("g", ["A"]) { seen.note($0) }]) {
            for event in events {
                // A relay that was interrupted publishes again what it has published already.
                try await expectPublished([event], on: bus)
                try await expectPublished([event], on: bus)
            }
            let last = try numbered(5, of: tenant, type: "A")
            try await expectPublished([last], on: bus)
            try await eventually("all arrive") {
                seen.firstTimes(of: "g").count == 6 && seen.events(of: "g").contains(last)
            }
            let effects = try seen.firstTimes(of: "g").map { try $0.number }
            try expect(Set(effects) == Set(0...5), "every event has its effect")
            if bus.promises.keepsOrder { try expect(effects == Array(0...5), "effects happen in order") }
            if bus.promises.recognizesDuplicates {
                try expect(seen.events(of: "g").count == 6, "an event that is published twice is delivered once")
            }
        }
    }

    func replay(_ bus: some ConformanceBus) async throws {
        let original = try numbered(0, of: .v4(), type: "A")
        func again(_ groups: [String]) throws -> EventEnvelope {
            try EventEnvelope(
                id: .v4(), type: original.type, tenantID: original.tenantID, occurredAt: original.occurredAt,
                replay: EventReplay(of: original.id, groups: groups), data: original.data)
        }
        try await bus.prepare(group: "one", types: ["A"])
        try await bus.prepare(group: "two", types: ["A"])
        let seen = Seen()
        let consumers = try ["one", "two"].map { group in try bus.consumer(group, ["A"]) { seen.note($0) } }
        try await running(consumers) {
            try await expectPublished([original], on: bus)
            try await eventually("both have handled it") {
                seen.firstTimes(of: "one").count == 1 && seen.firstTimes(of: "two").count == 1
            }
            let (some, all) = (try again(["one", "three"]), try again([]))
            try await expectPublished([some], on: bus)
            try await expectPublished([all], on: bus)
            try await eventually("both have handled the replay for all") {
                seen.events(of: "one").contains(all) && seen.events(of: "two").contains(all)
            }
            try await eventually("one has handled its own replay") { seen.events(of: "one").contains(some) }
            try expect(!seen.events(of: "two").contains(some), "a group that is not named does not get it")
        }
    }

    func backlog(_ bus: some ConformanceBus) async throws {
        guard bus.promises.reportsBacklog else { return }
        let (entered, continuation) = AsyncStream<Void>.makeStream()
        let isReleased = Mutex(false)
        try await bus.prepare(group: "g", types: ["A"])
        let consumer = try bus.consumer("g", ["A"], bus.configuration.with { $0.concurrency = 1 }) { _ in
            continuation.yield()
            while !isReleased.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
        }
        try await running([consumer]) {
            try await expectPublished([try numbered(0, of: .v4(), type: "A")], on: bus)
            for await _ in entered { break }
            for number in 1...3 { try await expectPublished([try numbered(number, of: .v4(), type: "A")], on: bus) }
            try await eventually("what waits is counted") {
                let backlog = try await bus.backlog.backlog(group: "g")
                return (3...4).contains(backlog.waiting) && backlog.oldest != nil
            }
            isReleased.withLock { $0 = true }
            try await eventually("nothing waits any more") { try await bus.backlog.backlog(group: "g").waiting == 0 }
            try expect(try await bus.backlog.backlog(group: "g").oldest == nil, "nothing that waits has no age")
        }
    }

    /// Publishes as a relay does: batch by batch, again during an outage, all accepted.
    func expectPublished(_ events: [EventEnvelope], on bus: some ConformanceBus) async throws {
        let outcomes = try await bus.connector.publish(events)
        try expect(
            outcomes == Array(repeating: .published, count: events.count), "all events are accepted: \(outcomes)")
    }
}
