import MessageBusTestSupport
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceLifecycle
import Synchronization
import Testing
import WorkQueue

@testable import MessageBus

@Suite(.timeLimit(.minutes(20)))
struct OutboxRelayTests {
    @Test func `a relay keeps the order and loses nothing, whatever the bus does`() async throws {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            let tenants = (0..<10).map { _ in Identifier.v4() }
            var expected: [Identifier: [Int]] = [:]
            for number in 0..<30 {
                try await pool.commit(try tenants.map { try numbered(number, of: $0) })
                for tenant in tenants { expected[tenant, default: []].append(number) }
            }
            let generator = Mutex(SeededGenerator(seed: 42))
            let connector = RecordingConnector(maximumBatchSize: 7) { _, attempt throws(MessageBusError) in
                let luck = generator.withLock { Int.random(in: 0..<100, using: &$0) }
                if luck < 15, attempt < 8 { return .failed(reason: "bad luck") }
                if luck < 25 { throw .unavailable(reason: "away") }
                return .published
            }
            let configuration = OutboxRelayConfiguration(
                backOff: BackOff(initial: .milliseconds(1), maximum: .milliseconds(5)), maximumAttempts: 1000,
                pollInterval: .milliseconds(50))
            let relays = (0..<2).map { _ in
                OutboxRelay(
                    pool: pool, connector: connector, listener: nil, configuration: configuration,
                    logger: testLogger)
            }
            try await running(relays.map { relay in { await relay.run() } }) {
                try await eventually("everything is published") { try await relays[0].backlog().pending == 0 }
            }
            #expect(try numbersByTenant(connector.firstTimes) == expected)
        }
    }

    @Test func `a relay replaces one that was killed, when its lease expires and not before`() async throws {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            let tenant = Identifier.v4()
            try await pool.commit(try numbered(1, of: tenant), try numbered(2, of: tenant))
            let other = try numbered(1, of: .v4())
            let connector = RecordingConnector()
            let relay = OutboxRelay(
                pool: pool, connector: connector, listener: nil,
                logger: testLogger)
            // What kill -9 leaves behind: a claim, and nobody who knows of it.
            let dead = try await OutboxStore(pool: pool).claim(limit: 10, runLength: 1, lease: .seconds(3600))
            #expect(dead.events.count == 1)
            try await pool.commit(other)

            #expect(await relay.flush(deadline: .now.advanced(by: .seconds(30))))
            #expect(connector.published == [other], "only its own tenant waits")
            try await database.letTimePass(.seconds(3000))
            #expect(await relay.flush(deadline: .now.advanced(by: .seconds(30))))
            #expect(connector.published == [other])
            try await database.letTimePass(.seconds(601))
            #expect(await relay.flush(deadline: .now.advanced(by: .seconds(30))))
            #expect(try numbersByTenant(connector.published)[tenant] == [1, 2])
        }
    }

    @Test func `a relay that lost its lease has no further effect`() async throws {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            let store = OutboxStore(pool: pool)
            try await pool.commit(try numbered(1, of: .v4()))
            let slow = try await store.claim(limit: 1, runLength: 1, lease: .seconds(3600))
            let event = try #require(slow.events.first?.event)
            try await database.letTimePass(.seconds(3601))
            let next = try await store.claim(limit: 1, runLength: 1, lease: .seconds(3600))
            #expect(next.events.map(\.event) == [event])
            try await store.settle([(event, .deadLetter(reason: "late"))], claim: slow.id)
            try await store.settle([(event, .released(after: .zero))], claim: slow.id)
            #expect(try await store.backlog().dead == 0)
            #expect(try await store.claim(limit: 1, runLength: 1, lease: .seconds(3600)).events.isEmpty)
            try await store.settle([(event, .done(()))], claim: next.id)
            #expect(try await store.backlog().pending == 0)
        }
    }

    @Test func `a relay returns what it holds when it is canceled in the middle`() async throws {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            try await pool.commit(try numbered(1, of: .v4()), try numbered(2, of: .v4()))
            let stuck = StuckConnector()
            let victim = OutboxRelay(
                pool: pool, connector: stuck, listener: nil,
                configuration: OutboxRelayConfiguration(lease: .seconds(3600)), logger: testLogger)
            let task = Task { await victim.run() }
            await stuck.entered()
            task.cancel()
            await task.value
            // Were the claims kept, they would be kept for an hour.
            let connector = RecordingConnector()
            let heir = OutboxRelay(pool: pool, connector: connector, listener: nil, logger: testLogger)
            #expect(await heir.flush(deadline: .now.advanced(by: .seconds(30))))
            #expect(connector.published.count == 2)
        }
    }

    @Test func `an event becomes a dead letter after the last attempt, and later events wait until then`() async throws
    {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            let tenant = Identifier.v4()
            let bad = try numbered(1, of: tenant)
            let good = try numbered(2, of: tenant)
            try await pool.commit(bad, good)
            let isMended = Mutex(false)
            let connector = RecordingConnector { event, _ throws(MessageBusError) in
                event == bad && !isMended.withLock { $0 } ? .failed(reason: "not\0 now") : .published
            }
            let relay = OutboxRelay(
                pool: pool, connector: connector, listener: nil,
                configuration: OutboxRelayConfiguration(
                    backOff: BackOff(initial: .seconds(3600), maximum: .seconds(3600)), maximumAttempts: 3),
                logger: testLogger)
            for attempt in 1...3 {
                #expect(connector.published.isEmpty)
                #expect(await relay.flush(deadline: .now.advanced(by: .seconds(30))))
                #expect(connector.attempts(for: bad) == attempt)
                #expect(await relay.flush(deadline: .now.advanced(by: .seconds(30))))
                #expect(connector.attempts(for: bad) == attempt, "not again within the back-off")
                try await database.letTimePass(.seconds(3600))
            }
            #expect(connector.published == [good])
            let letters = try await OutboxDeadLetters(pool: pool).list(limit: 10)
            #expect(letters.map(\.event) == [bad])
            #expect(letters.first?.attempts == 3)
            #expect(letters.first?.lastError == "not now")
            #expect(await relay.flush(deadline: .now.advanced(by: .seconds(30))))
            #expect(connector.attempts(for: bad) == 3)

            isMended.withLock { $0 = true }
            #expect(try await OutboxDeadLetters(pool: pool).retry([.v4()]) == 0)
            #expect(try await OutboxDeadLetters(pool: pool).retry([bad.id]) == 1)
            #expect(await relay.flush(deadline: .now.advanced(by: .seconds(30))))
            #expect(connector.published == [good, bad])
            #expect(try await relay.backlog().dead == 0)
        }
    }

    @Test func `nothing counts against events during an outage of the bus`() async throws {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            let event = try numbered(1, of: .v4())
            try await pool.commit(event)
            let connector = RecordingConnector { _, attempt throws(MessageBusError) in
                if attempt <= 20 { throw .unavailable(reason: "away") }
                return .published
            }
            let relay = OutboxRelay(
                pool: pool, connector: connector, listener: nil,
                configuration: OutboxRelayConfiguration(
                    unavailability: BackOff(initial: .milliseconds(1), maximum: .milliseconds(2)),
                    maximumAttempts: 2),
                logger: testLogger)
            #expect(await relay.flush(deadline: .now.advanced(by: .seconds(60))))
            #expect(connector.published == [event])
            #expect(try await relay.backlog().dead == 0)
        }
    }

    @Test func `an absent bus or database is probed more than once a second, however long it is away`() {
        #expect(OutboxRelayConfiguration().unavailability.maximum <= .seconds(1))
        #expect(ConsumerConfiguration().unavailability.maximum <= .seconds(1))
    }

    @Test func `consecutive events of a tenant are published together, in order, and other tenants have their turn`()
        async throws
    {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            let hot = Identifier.v4()
            try await pool.commit(try (0..<300).map { try numbered($0, of: hot) })
            let others = (0..<5).map { _ in Identifier.v4() }
            try await pool.commit(try others.map { try numbered(0, of: $0) })
            let connector = RecordingConnector(maximumRunLength: 1000)
            let relay = OutboxRelay(
                pool: pool, connector: connector, listener: nil,
                configuration: OutboxRelayConfiguration(batchSize: 50, runLength: 50), logger: testLogger)
            #expect(await relay.flush(deadline: .now.advanced(by: .seconds(60))))
            #expect(try numbersByTenant(connector.published)[hot] == Array(0..<300))
            #expect(connector.calls <= 9, "\(connector.calls)")
            let places = connector.published.enumerated().filter { $1.tenantID != hot }.map(\.offset)
            #expect(places.count == 5 && (places.max() ?? 300) < 150, "nobody waits for all of another tenant's events")
        }
    }

    @Test func `an event that fails holds up the later ones of its tenant, uncounted, and those alone`() async throws {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            let tenant = Identifier.v4()
            let events = try (0..<5).map { try numbered($0, of: tenant) }
            try await pool.commit(events)
            let other = try numbered(0, of: .v4())
            try await pool.commit(other)
            let connector = RecordingConnector(maximumRunLength: 10) { event, attempt throws(MessageBusError) in
                event == events[2] && attempt == 1 ? .failed(reason: "later") : .published
            }
            let relay = OutboxRelay(
                pool: pool, connector: connector, listener: nil,
                configuration: OutboxRelayConfiguration(
                    backOff: BackOff(initial: .seconds(3600), maximum: .seconds(3600))),
                logger: testLogger)
            #expect(await relay.flush(deadline: .now.advanced(by: .seconds(60))))
            #expect(try numbersByTenant(connector.published)[tenant] == [0, 1])
            #expect(connector.published.contains(other))
            #expect(
                try await database.admin.count(
                    "SELECT count(*) FROM main.outbox WHERE state = 0 AND attempts = 0 AND claim IS NULL") == 2)
            try await database.letTimePass(.seconds(3600))
            #expect(await relay.flush(deadline: .now.advanced(by: .seconds(60))))
            #expect(try numbersByTenant(connector.published)[tenant] == [0, 1, 2, 3, 4])
        }
    }

    @Test func `a claim whose response was lost is returned with the next one`() async throws {
        try await BusDatabase.withOutbox { database in
            let store = OutboxStore(pool: database.runtime(connections: 1))
            let tenants = (0..<3).map { _ in Identifier.v4() }
            for number in 0..<3 { try await store.pool.commit(try tenants.map { try numbered(number, of: $0) }) }
            // The server's side of a lost answer: a claim that the store only remembers.
            let lost = try await store.claim(limit: 100, runLength: 2, lease: .seconds(3600))
            #expect(lost.events.count == 6)
            store.loseAnswer(of: lost.id, runLength: 2)
            let next = try await store.claim(limit: 100, runLength: 2, lease: .seconds(3600))
            #expect(next.events.map(\.event.id) == lost.events.map(\.event.id))
        }
    }

    @Test func `events of every tenant are claimed, from the lowest identifier to the highest`() async throws {
        try await BusDatabase.withOutbox { database in
            let store = OutboxStore(pool: database.runtime())
            let tenants = [
                Identifier(high: 0, low: 0), Identifier(high: 0, low: .max), Identifier(high: 1, low: 0),
                Identifier(high: .max, low: .max),
            ]
            try await store.pool.commit(try numbered(0, of: tenants[0]))
            #expect(try await store.outlook().timeUntilDue == .zero)
            try await store.pool.commit(try tenants.dropFirst().map { try numbered(0, of: $0) })
            try await store.pool.commit(try tenants.map { try numbered(1, of: $0) })

            let lost = try await store.claim(limit: 100, runLength: 2, lease: .seconds(3600))
            #expect(lost.events.count == 8)
            store.loseAnswer(of: lost.id, runLength: 2)

            var claimed: [Identifier?] = []
            for _ in 0..<8 {
                let claim = try await store.claim(limit: 1, runLength: 1, lease: .seconds(3600))
                let event = try #require(claim.events.first?.event)
                claimed.append(event.tenantID)
                try await store.settle([(event, .done(()))], claim: claim.id)
            }
            #expect(claimed == tenants + tenants)
            #expect(try await store.outlook().timeUntilDue == nil)
        }
    }

    @Test func `a claim passes over a tenant whose first event is locked, and takes the tenants in turn`() async throws
    {
        try await BusDatabase.withOutbox { database in
            let store = OutboxStore(pool: database.runtime())
            // In the order of claims; the oldest events belong to the last tenants.
            let tenants = (1...3).map { Identifier(high: 0x4000, low: 0x8000_0000_0000_0000 | UInt64($0)) }
            for tenant in tenants.reversed() {
                for number in 0..<20 { try await store.pool.commit(try numbered(number, of: tenant)) }
            }
            var claimed: [Identifier?] = []
            for _ in 0..<6 {
                let claim = try await store.claim(limit: 1, runLength: 1, lease: .seconds(3600))
                let event = try #require(claim.events.first?.event)
                claimed.append(event.tenantID)
                try await store.settle([(event, .done(()))], claim: claim.id)
            }
            #expect(claimed == tenants + tenants, "nobody waits for all older events of another tenant")

            try await database.admin.withTransaction { other in
                let lock = "SELECT FROM main.outbox WHERE tenant_id = $1 AND state = 0 ORDER BY position FOR UPDATE"
                _ = try await other.query(PostgresStatement(lock, prepared: false), [.identifier(tenants[0])])
                let claim = try await store.claim(limit: 100, runLength: 1, lease: .seconds(3600))
                #expect(Set(claim.events.map(\.event.tenantID)) == [tenants[1], tenants[2]])
            }
        }
    }

    @Test func `a relay reports that it could not flush in time`() async throws {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            try await pool.commit(try numbered(1, of: .v4()))
            let relay = OutboxRelay(
                pool: pool, connector: StuckConnector(), listener: nil, logger: testLogger)
            #expect(await relay.flush(deadline: .now.advanced(by: .milliseconds(300))) == false)
            #expect(await relay.flush(deadline: .now) == false)
            #expect(try await relay.backlog().pending == 1)
        }
    }

    @Test func `a relay flushes on graceful shutdown`() async throws {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            let connector = RecordingConnector()
            let relay = OutboxRelay(
                pool: pool, connector: connector, listener: nil,
                configuration: OutboxRelayConfiguration(pollInterval: .seconds(3600), shutdownTimeout: .seconds(30)),
                logger: testLogger)
            let group = ServiceGroup(services: [relay], logger: testLogger)
            let first = try numbered(1, of: .v4())
            let last = try numbered(2, of: .v4())
            try await pool.commit(first)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                try await eventually("the relay runs") { connector.published == [first] }
                // Nothing notifies the relay of this one: it does not listen.
                try await pool.commit(last)
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
            #expect(connector.published == [first, last])
        }
    }
}

/// Never answers, until it is cancelled.
final class StuckConnector: EventConnector {
    private let (stream, continuation) = AsyncStream<Void>.makeStream()

    var maximumBatchSize: Int { 100 }

    func publish(_ events: [EventEnvelope]) async throws(MessageBusError) -> [PublishOutcome] {
        continuation.yield()
        do { try await Task.sleep(for: .seconds(3600)) } catch { throw .unavailable(reason: "cancelled") }
        return []
    }

    /// Returns when a relay is stuck.
    func entered() async {
        for await _ in stream { return }
    }
}
