import MessageBusTestSupport
import PostgresTestSupport
import Primitives
import Synchronization
import Testing
import WorkQueue

@testable import MessageBus

/// What every connector that keeps deliveries must do.
@Suite(.timeLimit(.minutes(20)))
struct ConnectorTests {
    @Test(arguments: TestBus.allCases, ConformanceCheck.allCases)
    func `a bus keeps its promises`(_ kind: TestBus, _ check: ConformanceCheck) async throws {
        try await kind.with { bus in try await check.run(on: bus) }
    }

    @Test(arguments: TestBus.allCases)
    func `an outage of a handler's database is not an attempt`(_ kind: TestBus) async throws {
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
                    #expect(try await bus.deadLetters.deadLetters(group: "group").isEmpty)
                    try await database.setAway(false)
                    try await eventually("all effects are there") {
                        try await database.admin.count("SELECT count(*) FROM main.effects") == 3
                    }
                }
                #expect(try await bus.deadLetters.deadLetters(group: "group").isEmpty)
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
