import Entities
import MessageBus
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

@testable import TenantManagement

/// How the feed records events that arrive together.
@Suite struct EventFeedRecordingTests {
    private func event(
        _ tenant: Identifier?, _ type: String = EventType.tenantCreated, data: String = "{}"
    ) throws -> EventEnvelope {
        try EventEnvelope(
            id: .v4(), type: type, tenantID: tenant, occurredAt: Timestamp(milliseconds: 1_790_000_000_123),
            data: Array(data.utf8))
    }

    private func consumer(_ pool: PostgresPool) -> EventFeedConsumer {
        EventFeedConsumer(pool: pool, system: .system, clock: SystemClock(), onDeliveries: {})
    }

    private func delivery(_ event: EventEnvelope) -> EventDelivery {
        EventDelivery(event: event, group: EventFeedConsumer.group, attempt: 1)
    }

    /// Every row of the feed in order: position, number of the event in `events`, sequence, own sequence.
    private func feed(_ database: TestDatabase, _ events: [EventEnvelope]) async throws -> [String] {
        let rows = try await database.query(
            "SELECT position, event_id, sequence, own_sequence FROM main.event_feed ORDER BY position")
        return try rows.rows.map { row in
            let id = try row.identifier(1)
            let own = try row.int64IfPresent(3).map { "\($0)" } ?? "-"
            return try "\(row.int64(0)) \(events.firstIndex { $0.id == id } ?? -1) \(row.int64(2)) \(own)"
        }
    }

    @Test func `events of one transaction get the numbers that they would get one after the other`() async throws {
        try await TestDatabase.with(.tenantManagement) { database in
            let (first, second) = (Identifier.v4(), Identifier.v4())
            let hidden = EventType.tenantDeployment
            let events = [
                try event(second), try event(first), try event(nil), try event(first, hidden), try event(first),
                try event(nil), try event(second),
            ]
            try await database.withPool(user: database.template.runtimeRole) { pool in
                for part in [events[0..<1], events[1..<6], events[6..<7]] {
                    var batch = PostgresBatch(settings: TenantScope.system.settings)
                    batch.add(
                        EventFeedRepository.record(
                            try part.map { event in
                                (event: event, published: try #require(PublishedEvents.find(event.type)))
                            }))
                    _ = try await pool.run(batch)
                }
            }
            #expect(
                try await feed(database, events) == [
                    "1 0 1 1", "2 1 1 1", "3 2 1 -", "4 3 2 -", "5 4 3 2", "6 5 2 -", "7 6 2 2",
                ])
            #expect(
                try await database.texts(
                    "SELECT DISTINCT (extract(epoch FROM occurred_at) * 1000)::bigint::text FROM main.event_feed")
                    == ["1790000000123"])
        }
    }

    @Test func `events that were recorded before, and one that cannot be, do not keep others away`() async throws {
        try await TestDatabase.with(.tenantManagement) { database in
            let tenants = (0..<30).map { _ in Identifier.v4() }
            let events = try tenants.map { try event($0) }
            let poison = events[7]
            try await database.query(
                """
                ALTER TABLE main.event_feed ADD CONSTRAINT poison CHECK (event_id <> '\(poison.id)')
                """)
            try await database.withPool(user: database.template.runtimeRole) { pool in
                let consumer = consumer(pool)
                for event in events[0..<3] { try await consumer.handle(delivery(event)) }
                let failed = await withTaskGroup(of: Identifier?.self) { group in
                    for event in events + events[10..<20] {
                        group.addTask {
                            do {
                                try await consumer.handle(delivery(event))
                                return nil
                            } catch { return event.id }
                        }
                    }
                    return await group.reduce(into: [Identifier]()) { failed, id in if let id { failed.append(id) } }
                }
                #expect(failed == [poison.id])
            }
            let rows = try await feed(database, events)
            #expect(rows.count == 29)
            #expect(rows.compactMap { $0.split(separator: " ").first.flatMap { Int($0) } } == Array(1...29))
            #expect(rows.allSatisfy { $0.hasSuffix(" 1 1") })
            #expect(try await database.count("SELECT count(*) FROM main.inbox") == 29)
        }
    }

    @Test func `consumers of several nodes that record the same tenants do not lock each other out`() async throws {
        try await TestDatabase.with(.tenantManagement) { database in
            let tenants = (0..<10).map { _ in Identifier.v4() }
            let events = try (0..<200).map { try event(tenants[$0 % 10]) }
            var generator = SeededGenerator(seed: 7)
            let others = events.shuffled(using: &generator)
            try await database.withPool(user: database.template.runtimeRole, connections: 4) { pool in
                let nodes = [consumer(pool), consumer(pool)]
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (node, order) in zip(nodes, [events, others]) {
                        for event in order { group.addTask { try await node.handle(delivery(event)) } }
                    }
                    try await group.waitForAll()
                }
            }
            let rows = try await feed(database, events)
            #expect(rows.compactMap { $0.split(separator: " ").first.flatMap { Int($0) } } == Array(1...200))
            for tenant in tenants {
                #expect(
                    try await database.texts(
                        "SELECT own_sequence::text FROM main.event_feed WHERE tenant_id = $1 ORDER BY sequence",
                        [.identifier(tenant)]) == (1...20).map(String.init))
            }
        }
    }
}
