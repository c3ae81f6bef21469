import MessageBus
import Primitives
import Synchronization
import TestSupport
import WorkQueue

/// Order and registration.
extension ConformanceCheck {
    func lateGroup(_ bus: some ConformanceBus) async throws {
        guard bus.promises.replaysToNewGroups else { return }
        let tenant = Identifier.v4()
        let events = try (0..<20).map { try numbered($0, of: tenant, type: $0 % 2 == 0 ? "A" : "B") }
        for event in events { try await expectPublished([event], on: bus) }
        let seen = Seen()
        try await running([try bus.consumer("late", ["A"]) { seen.note($0) }]) {
            try await eventually("all of type A arrive") { seen.events(of: "late").count == 10 }
            try expect(seen.events(of: "late") == events.filter { $0.type == "A" }, "in order")
        }
        // Registered again with one type more: only that one comes.
        let more = Seen()
        try await running([try bus.consumer("late", ["A", "B"]) { more.note($0) }]) {
            try await eventually("all of type B arrive") { more.events(of: "late").count == 10 }
            try expect(more.events(of: "late") == events.filter { $0.type == "B" }, "in order, and no others")
        }
    }

    func registration(_ bus: some ConformanceBus) async throws {
        guard bus.promises.replaysToNewGroups else { return }
        let groups = (0..<6).map { "group-\($0)" }
        let seen = Seen()
        let consumers = try groups.map { try bus.consumer($0, ["A"]) { seen.note($0) } }
        let publisher: @Sendable () async throws -> Void = {
            for number in 0..<60 {
                try await expectPublished([try numbered(number, of: .v4(), type: "A")], on: bus)
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for _ in 0..<2 { tasks.addTask { try await publisher() } }
            for consumer in consumers {
                tasks.addTask { try await consumer() }
                // So that they register at different times; which ones does not matter.
                try await Task.sleep(for: .milliseconds(5))
            }
            try await eventually("every group has all") {
                groups.allSatisfy { Set(seen.events(of: $0)).count == 120 }
            }
            tasks.cancelAll()
        }
    }

    func order(_ bus: some ConformanceBus) async throws {
        let tenants = (0..<8).map { _ in Identifier.v4() }
        let seen = Seen()
        let atWork = Mutex<Set<Identifier>>([])
        let isBroken = Mutex(false)
        let generator = Mutex(SeededGenerator(seed: 11))
        let handler: EventHandler = { delivery in
            let tenant = delivery.event.orderingKey
            let isAlone = atWork.withLock { $0.insert(tenant).inserted }
            if !isAlone { isBroken.withLock { $0 = true } }
            defer { _ = atWork.withLock { $0.remove(tenant) } }
            let luck = generator.withLock { Int.random(in: 0..<10, using: &$0) }
            // Some take longer than others; how long does not matter.
            if luck < 3 { try await Task.sleep(for: .milliseconds(luck)) }
            if luck == 9, delivery.attempt < 5 { throw Unlucky() }
            seen.note(delivery)
        }
        let configuration = bus.configuration.with {
            $0.concurrency = 5
            $0.maximumAttempts = 100
        }
        try await bus.prepare(group: "group", types: ["A"])
        let consumers = try (0..<2).map { _ in try bus.consumer("group", ["A"], configuration, handler) }
        // Delays of a bus that counts seconds make each unlucky attempt cost one.
        let rounds = bus.tick < .milliseconds(100) ? 15 : 4
        try await running(consumers) {
            for number in 0..<rounds {
                let events = try tenants.map { try numbered(number, of: $0, type: "A") }
                let size = bus.connector.maximumBatchSize
                for start in stride(from: 0, to: events.count, by: size) {
                    try await expectPublished(Array(events[start..<min(start + size, events.count)]), on: bus)
                }
            }
            try await eventually("all are handled") { seen.firstTimes(of: "group").count == 8 * rounds }
        }
        let numbers = try numbersByTenant(seen.firstTimes(of: "group"))
        for tenant in tenants {
            try expect(Set(numbers[tenant] ?? []) == Set(0..<rounds), "every event is handled")
            guard bus.promises.keepsOrder else { continue }
            try expect(numbers[tenant] == Array(0..<rounds), "in order: \(numbers[tenant] ?? [])")
        }
        if bus.promises.keepsOrder {
            try expect(!isBroken.withLock { $0 }, "no two events of a tenant are handled at once")
        }
    }
}
