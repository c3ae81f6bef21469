import Entities
import MessageBusTestSupport
import PostgresClient
import PostgresTestSupport
import Primitives
import Testing

@testable import MessageBus

@Suite(.timeLimit(.minutes(20)))
struct OutboxLogTests {
    private static let operatorScope = TenantScope.operatorScope(actor: Actor(id: "ann"))

    private func context() -> WriteContext { WriteContext(scope: Self.operatorScope, now: SystemClock().now()) }

    private func relay(_ database: BusDatabase, _ connector: RecordingConnector) -> OutboxRelay {
        OutboxRelay(pool: database.runtime(), connector: connector, listener: nil, logger: testLogger)
    }

    @Test func `a replay is published under its own identity, with who asked for it and why`() async throws {
        try await BusDatabase.withOutbox { database in
            let (pool, connector) = (database.runtime(), RecordingConnector())
            let log = OutboxLog(pool: pool)
            let original = try numbered(1, of: .v4())
            try await pool.commit(original)
            #expect(await relay(database, connector).flush(deadline: .now.advanced(by: .seconds(30))))

            let replay = try await log.replay(original.id, to: ["b", "a"], reason: "lost mail", in: context())
            #expect(replay != original.id)
            #expect(await relay(database, connector).flush(deadline: .now.advanced(by: .seconds(30))))
            let again = try await log.replay(replay, reason: "once more", in: context())
            #expect(await relay(database, connector).flush(deadline: .now.advanced(by: .seconds(30))))

            #expect(connector.published.map(\.id) == [original.id, replay, again])
            #expect(connector.published.map(\.data) == Array(repeating: original.data, count: 3))
            #expect(connector.published.map(\.occurredAt) == Array(repeating: original.occurredAt, count: 3))
            let replays = connector.published.map(\.replay)
            #expect(
                replays == [nil, EventReplay(of: original.id, groups: ["a", "b"]), EventReplay(of: original.id)],
                "the replay of a replay names the first event")
            let logged = try #require(try await log.event(replay))
            #expect(logged.replayedBy == "ann")
            #expect(logged.replayReason == "lost mail")
            #expect(logged.state == .published)
        }
    }

    @Test func `only what was published can be replayed, and nothing is left of an attempt`() async throws {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            let log = OutboxLog(pool: pool)
            let event = try numbered(1, of: .v4())
            try await pool.commit(event)
            await #expect(throws: EventReplayError.notPublished(.pending)) {
                try await log.replay(event.id, reason: "r", in: context())
            }
            try await database.admin.execute("UPDATE main.outbox SET state = 2")
            await #expect(throws: EventReplayError.notPublished(.dead)) {
                try await log.replay(event.id, reason: "r", in: context())
            }
            await #expect(throws: EventReplayError.notFound) {
                try await log.replay(.v4(), reason: "r", in: context())
            }
            #expect(try await database.admin.count("SELECT count(*) FROM main.outbox") == 1)
        }
    }

    @Test func `events are found by type, tenant, state and time, the newest first`() async throws {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            let log = OutboxLog(pool: pool)
            let tenant = Identifier.v4()
            let start = SystemClock().now()
            var events: [EventEnvelope] = []
            for number in 0..<6 {
                events.append(
                    try EventEnvelope(
                        id: .v4(), type: number % 2 == 0 ? "A" : "B", tenantID: number < 3 ? tenant : .v4(),
                        occurredAt: start.adding(.seconds(number)), data: Array("{}".utf8)))
            }
            try await pool.commit(events)
            func found(_ query: OutboxQuery) async throws -> [Identifier] {
                try await log.events(query).map(\.event.id)
            }
            let ids = events.map(\.id)
            #expect(try await found(OutboxQuery()) == ids.reversed())
            #expect(try await found(OutboxQuery(limit: 2)) == [ids[5], ids[4]])
            #expect(try await found(OutboxQuery(type: "A")) == [ids[4], ids[2], ids[0]])
            #expect(try await found(OutboxQuery(tenant: tenant)) == [ids[2], ids[1], ids[0]])
            #expect(try await found(OutboxQuery(type: "B", tenant: tenant)) == [ids[1]])
            #expect(try await found(OutboxQuery(since: start.adding(.milliseconds(3500)))) == [ids[5], ids[4]])
            #expect(try await found(OutboxQuery(state: .published)).isEmpty)
            #expect(try await found(OutboxQuery(state: .pending)).count == 6)
        }
    }

    @Test func `the age of an outbox is that of its oldest event, not that of a replay`() async throws {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            let log = OutboxLog(pool: pool)
            #expect(try await log.backlog() == GroupBacklog(waiting: 0, oldest: nil))
            let event = try numbered(1, of: .v4())
            try await pool.commit(event)
            #expect(try await log.backlog() == GroupBacklog(waiting: 1, oldest: event.occurredAt))
            #expect(
                await relay(database, RecordingConnector()).flush(deadline: .now.advanced(by: .seconds(30))))
            _ = try await log.replay(event.id, reason: "r", in: context())
            #expect(try await log.backlog() == GroupBacklog(waiting: 1, oldest: nil))
        }
    }

    @Test func `the runtime role sees the log of events only as an operator`() async throws {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            try await pool.commit(try numbered(1, of: .v4()))
            for (tenant, count) in [("*", 1), (Identifier.v4().description, 0)] {
                let result = try await pool.query(
                    "SELECT count(*) FROM main.event_log", settings: [PostgresSetting("app.tenant_id", tenant)])
                #expect(try result[0].int(0) == count)
            }
        }
    }

    @Test func `dead letters have identifiers that can be read back`() throws {
        let event = Identifier.v4()
        for group in [nil, "orchestrator", "a.b-c_d"] {
            let id = DeadLetterID(group: group, eventID: event)
            #expect(DeadLetterID(id.description) == id)
        }
        for text in ["", "outbox", "outbox:", ":\(event)", "A:\(event)", "a:b:\(event)", "a:\(event)x"] {
            #expect(DeadLetterID(text) == nil, "\(text)")
        }
        #expect(!EventEnvelope.isValid(group: "outbox"), "it would be taken for the outbox itself")
    }
}
