import PostgresTestSupport
import Primitives
import Synchronization
import Testing
import WorkQueue

@testable import MessageBus

/// What every connector that keeps deliveries must do.
@Suite(.timeLimit(.minutes(5)))
struct ConnectorTests {
    @Test(arguments: TestBus.allCases)
    func `each group gets every event of its types, once`(_ kind: TestBus) async throws {
        try await kind.with { bus in
            let seen = Seen()
            let consumers = [
                try bus.consumer("one", ["A", "B"]) { seen.note($0) },
                try bus.consumer("two", ["B"]) { seen.note($0) },
                try bus.consumer("two", ["B"]) { seen.note($0) },
            ]
            let a = try numbered(1, of: .v4(), type: "A")
            let b = try numbered(2, of: nil, type: "B")
            let c = try numbered(3, of: .v4(), type: "C")
            try await running(consumers) {
                let outcomes = try await bus.connector.publish([a, b, c])
                #expect(outcomes == [.published, .published, .published])
                let again = try await bus.connector.publish([b, b, a])
                #expect(again == [.published, .published, .published])
                try await eventually("both groups are served") {
                    seen.events(of: "one").count == 2 && seen.events(of: "two").count == 1
                }
                // One more round through the same groups: had there been duplicates, they would have come before it.
                let last = try numbered(4, of: nil, type: "B")
                _ = try await bus.connector.publish([last])
                try await eventually("the last one arrives") {
                    seen.events(of: "one").contains(last) && seen.events(of: "two").contains(last)
                }
                #expect(Set(seen.events(of: "one")) == [a, b, last])
                #expect(seen.events(of: "one").count == 3)
                #expect(seen.events(of: "two") == [b, last])
            }
        }
    }

    @Test(arguments: TestBus.allCases)
    func `a group that registers late gets what was published before, in order`(_ kind: TestBus) async throws {
        try await kind.with { bus in
            let tenant = Identifier.v4()
            let events = try (0..<20).map { try numbered($0, of: tenant, type: $0 % 2 == 0 ? "A" : "B") }
            _ = try await bus.connector.publish(events)
            let seen = Seen()
            try await running([try bus.consumer("late", ["A"]) { seen.note($0) }]) {
                try await eventually("all of type A arrive") { seen.events(of: "late").count == 10 }
                #expect(seen.events(of: "late") == events.filter { $0.type == "A" })
            }
            // Registered again with one type more: only that one comes.
            let more = Seen()
            try await running([try bus.consumer("late", ["A", "B"]) { more.note($0) }]) {
                try await eventually("all of type B arrive") { more.events(of: "late").count == 10 }
                #expect(more.events(of: "late") == events.filter { $0.type == "B" })
            }
        }
    }

    @Test(arguments: TestBus.allCases)
    func `a group misses nothing while it registers and others publish`(_ kind: TestBus) async throws {
        try await kind.with { bus in
            let groups = (0..<6).map { "group-\($0)" }
            let seen = Seen()
            let consumers = try groups.map { try bus.consumer($0, ["A"]) { seen.note($0) } }
            let publisher: @Sendable () async throws -> Void = {
                for number in 0..<60 {
                    _ = try await bus.connector.publish([try numbered(number, of: .v4(), type: "A")])
                }
            }
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for _ in 0..<2 { tasks.addTask { try await publisher() } }
                for consumer in consumers {
                    tasks.addTask { try await consumer() }
                    try await Task.sleep(for: .milliseconds(5))
                }
                try await eventually("every group has all") {
                    groups.allSatisfy { Set(seen.events(of: $0)).count == 120 }
                }
                tasks.cancelAll()
            }
        }
    }

    @Test(arguments: TestBus.allCases)
    func `one event of a tenant at a time, in order, while tenants go on side by side`(_ kind: TestBus) async throws {
        try await kind.with { bus in
            let tenants = (0..<8).map { _ in Identifier.v4() }
            let seen = Seen()
            let atWork = Mutex<Set<Identifier>>([])
            let generator = Mutex(SeededGenerator(seed: 11))
            let handler: EventHandler = { delivery in
                let tenant = delivery.event.orderingKey
                let isAlone = atWork.withLock { $0.insert(tenant).inserted }
                #expect(isAlone)
                defer { _ = atWork.withLock { $0.remove(tenant) } }
                let luck = generator.withLock { Int.random(in: 0..<10, using: &$0) }
                if luck < 3 { try await Task.sleep(for: .milliseconds(luck)) }
                if luck == 9, delivery.attempt < 5 { throw Unlucky() }
                seen.note(delivery)
            }
            let configuration = ConsumerConfiguration(
                concurrency: 5, backOff: BackOff(initial: .milliseconds(1), maximum: .milliseconds(2)),
                maximumAttempts: 100, pollInterval: .seconds(3600))
            let consumers = try (0..<2).map { _ in try bus.consumer("group", ["A"], configuration, handler) }
            try await running(consumers) {
                for number in 0..<15 {
                    _ = try await bus.connector.publish(try tenants.map { try numbered(number, of: $0, type: "A") })
                }
                try await eventually("all are handled") { seen.events(of: "group").count == 8 * 15 }
            }
            let numbers = try numbersByTenant(seen.events(of: "group"))
            for tenant in tenants { #expect(numbers[tenant] == Array(0..<15)) }
        }
    }

    @Test(arguments: TestBus.allCases)
    func `failed attempts are counted and lead to a dead letter, which can be retried`(_ kind: TestBus) async throws {
        try await kind.with { bus in
            let tenant = Identifier.v4()
            let failing = try numbered(1, of: tenant, type: "A")
            let rejected = try numbered(2, of: tenant, type: "A")
            let good = try numbered(3, of: tenant, type: "A")
            let seen = Seen()
            let attempts = Mutex<[Identifier: [Int]]>([:])
            let isMended = Mutex(false)
            let consumer = try bus.consumer(
                "group", ["A"],
                ConsumerConfiguration(
                    backOff: BackOff(initial: .milliseconds(1), maximum: .milliseconds(2)), maximumAttempts: 3,
                    pollInterval: .seconds(3600))
            ) { delivery in
                attempts.withLock { $0[delivery.event.id, default: []].append(delivery.attempt) }
                if !isMended.withLock({ $0 }) {
                    if delivery.event == failing { throw Unlucky() }
                    if delivery.event == rejected { throw EventRejection(reason: "of no use") }
                }
                seen.note(delivery)
            }
            try await running([consumer]) {
                _ = try await bus.connector.publish([failing, rejected, good])
                try await eventually("the good one goes on") { seen.events(of: "group") == [good] }
                // Outcomes are recorded while later events of the key are handled.
                try await eventually("both are given up") { try await bus.deadLetters("group").count == 2 }
                let letters = try await bus.deadLetters("group")
                #expect(letters.map(\.event) == [failing, rejected])
                #expect(letters.map(\.attempts) == [3, 1])
                #expect(
                    letters.map(\.lastError) == ["Unlucky", "of no use"], "a description may hold data, a type not")
                #expect(letters.map(\.group) == ["group", "group"])
                #expect(attempts.withLock { $0[failing.id] } == [1, 2, 3])

                isMended.withLock { $0 = true }
                #expect(try await bus.retryDeadLetters("group") == 2)
                try await eventually("they are handled") { seen.events(of: "group") == [good, failing, rejected] }
                #expect(try await bus.deadLetters("group").isEmpty)
            }
        }
    }

    @Test(arguments: TestBus.allCases)
    func `an outage of a handler's dependency is not an attempt`(_ kind: TestBus) async throws {
        try await BusDatabase.withOutbox { database in
            try await kind.with { bus in
                let pool = database.runtime()
                let events = try (0..<3).map { try numbered($0, of: .v4(), type: "A") }
                let attempts = Mutex(0)
                let consumer = try bus.consumer(
                    "group", ["A"],
                    ConsumerConfiguration(
                        maximumAttempts: 2,
                        unavailability: BackOff(initial: .milliseconds(1), maximum: .milliseconds(2)),
                        pollInterval: .seconds(3600))
                ) { delivery in
                    attempts.withLock { $0 += 1 }
                    try await Effects.applyInBatch(delivery.event, on: pool)
                }
                try await database.setAway(true)
                try await running([consumer]) {
                    _ = try await bus.connector.publish(events)
                    try await eventually("they are tried in vain") { attempts.withLock { $0 } > 20 }
                    #expect(try await bus.deadLetters("group").isEmpty)
                    try await database.setAway(false)
                    try await eventually("all effects are there") {
                        try await database.admin.count("SELECT count(*) FROM main.effects") == 3
                    }
                }
                #expect(try await bus.deadLetters("group").isEmpty)
            }
        }
    }

    @Test(arguments: TestBus.allCases)
    func `a canceled consumer returns its event uncounted`(_ kind: TestBus) async throws {
        // Were the lease kept, it would be kept for an hour.
        try await kind.with { bus in
            let (entered, continuation) = AsyncStream<Void>.makeStream()
            let stuck = try bus.consumer("group", ["A"]) { _ in
                continuation.yield()
                try await Task.sleep(for: .seconds(3600))
            }
            let event = try numbered(1, of: .v4(), type: "A")
            try await running([stuck]) {
                _ = try await bus.connector.publish([event])
                for await _ in entered { break }
            }
            let attempt = Mutex(0)
            let heir = try bus.consumer("group", ["A"]) { delivery in attempt.withLock { $0 = delivery.attempt } }
            try await running([heir]) {
                try await eventually("it comes again") { attempt.withLock { $0 } == 1 }
            }
        }
    }

    @Test(arguments: ["", "Group", "a b", String(repeating: "a", count: 101)])
    func `names of groups and types are checked`(group: String) async throws {
        let bus = InProcessConnector(logger: testLogger)
        #expect(throws: MessageBusError.self) {
            try bus.subscribe(group: group, types: ["A"], configuration: TestBus.configuration) { _ in }
        }
        for types in [[], ["lower"], ["A", ""]] as [Set<String>] {
            #expect(throws: MessageBusError.self) {
                try bus.subscribe(group: "a", types: types, configuration: TestBus.configuration) { _ in }
            }
        }
    }
}

struct Unlucky: Error, CustomStringConvertible {
    let description = "secret"
}

/// What handlers have seen, by group.
final class Seen: Sendable {
    private let deliveries = Mutex<[EventDelivery]>([])

    func note(_ delivery: EventDelivery) { deliveries.withLock { $0.append(delivery) } }

    func events(of group: String) -> [EventEnvelope] {
        deliveries.withLock { $0.filter { $0.group == group }.map(\.event) }
    }
}
