import MessageBusTestSupport
import PostgresClient
import PostgresTestSupport
import Primitives
import Testing

@testable import MessageBus

@Suite(.timeLimit(.minutes(20)))
struct InboxTests {
    @Test func `an event that comes repeatedly, out of order and concurrently has its effect once`() async throws {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            let tenant = Identifier.v4()
            let events = try (0..<40).map { try numbered($0, of: tenant) }
            var generator = SeededGenerator(seed: 3)
            let deliveries = (events + events + events).shuffled(using: &generator)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, event) in deliveries.enumerated() {
                    if index >= 8 { try await group.next() }
                    group.addTask {
                        if index.isMultiple(of: 2) {
                            try await Effects.applyInteractively(event, on: pool)
                        } else {
                            try await Effects.applyInBatch(event, on: pool)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await database.admin.count("SELECT count(*) FROM main.effects") == 40)
            #expect(try await database.admin.count("SELECT count(DISTINCT event_id) FROM main.effects") == 40)
        }
    }

    @Test func `a claim belongs to its transaction, and consumers do not disturb each other`() async throws {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            let event = Identifier.v4()
            let now = SystemClock().now()
            struct Failed: Error {}
            func claim(_ consumer: String, fails: Bool) async throws -> Int {
                var rows = 0
                try await pool.withTransaction { transaction in
                    let claim = Inbox.claim(event, consumer: consumer, at: now)
                    rows = try await transaction.query(claim).affectedRows
                    if fails { throw Failed() }
                }
                return rows
            }
            await #expect(throws: Failed.self) { try await claim("a", fails: true) }
            let first = try await claim("a", fails: false)
            let again = try await claim("a", fails: false)
            let other = try await claim("b", fails: false)
            #expect([first, again, other] == [1, 0, 1])
        }
    }
}

/// An effect guarded by the inbox, in the two ways that a consumer has.
enum Effects {
    static let insertion: PostgresStatement = """
        INSERT INTO main.effects (event_id, tenant_id, number) VALUES ($1, $2, $3)
        """

    static func applyInteractively(_ event: EventEnvelope, on pool: PostgresPool) async throws {
        try await pool.withTransaction { transaction in
            let claim = Inbox.claim(event.id, consumer: "effects", at: SystemClock().now())
            guard try await transaction.query(claim).affectedRows == 1 else { return }
            _ = try await transaction.query(insertion, try values(event))
        }
    }

    static func applyInBatch(_ event: EventEnvelope, on pool: PostgresPool) async throws {
        var batch = PostgresBatch()
        let claim = Inbox.claimOrFail(event.id, consumer: "effects", at: SystemClock().now())
        batch.add(claim)
        batch.add(insertion, try values(event))
        do { _ = try await pool.run(batch) } catch {
            guard Inbox.isDuplicate(error) else { throw error }
        }
    }

    private static func values(_ event: EventEnvelope) throws -> [PostgresValue] {
        [
            .identifier(event.id), .optional(event.tenantID, PostgresValue.identifier),
            .int64(Int64(try event.number)),
        ]
    }
}
