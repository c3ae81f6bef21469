import MessageBusTestSupport
import PostgresClient
import PostgresTestSupport
import Primitives
import Testing
import WorkQueue

@testable import MessageBus

/// With a poll interval of an hour: what is published here was announced.
@Suite(.timeLimit(.minutes(20)))
struct OutboxWakeUpTests {
    @Test(arguments: [1, 2])
    func `an event wakes a sleeping relay, one by one and in crowds`(relayCount: Int) async throws {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            let connector = RecordingConnector()
            let relays = (0..<relayCount).map { _ in Self.relay(database, pool, connector) }
            try await running(relays.map { relay in { await relay.run() } }) {
                try await Self.listening(database, relayCount)
                for number in 1...15 {
                    try await pool.commit(try numbered(number, of: .v4()))
                    try await eventually("event \(number) is published") { connector.firstTimes.count == number }
                    // Now and then the relay has gone to sleep in between, now and then not.
                    try await Task.sleep(for: .milliseconds(number % 5 * 10))
                }
                // Four writers at once: the relay is awake, disarms, and must arm again without missing the last.
                try await withThrowingTaskGroup(of: Void.self) { writers in
                    for writer in 0..<4 {
                        writers.addTask {
                            var generator = SeededGenerator(seed: UInt64(writer))
                            for number in 0..<60 {
                                try await pool.commit(try numbered(number, of: .v4()))
                                let gap = Int.random(in: 0...20, using: &generator)
                                if gap > 10 { try await Task.sleep(for: .milliseconds(gap)) }
                            }
                        }
                    }
                    try await writers.waitForAll()
                }
                try await eventually("all are published") { connector.firstTimes.count == 15 + 240 }
            }
        }
    }

    @Test func `a writer that looked before the relay armed, and commits after its last look, is not missed`()
        async throws
    {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            let connector = RecordingConnector()
            let event = try numbered(1, of: .v4())
            let relay = Self.relay(database, pool, connector)
            try await running([{ await relay.run() }]) {
                try await Self.listening(database, 1)
                let woken = try numbered(0, of: .v4())
                try await pool.commit(woken)
                try await eventually("the relay has started") { connector.published == [woken] }
                try await pool.withTransaction(settings: [PostgresSetting("app.tenant_id", "*")]) { transaction in
                    // The writer sees notifications off …
                    try await database.admin.execute("UPDATE main.outbox_wake_up SET armed = false")
                    let insert = Outbox.insert(event)
                    _ = try await transaction.query(insert)
                    // … the relay looks, finds nothing, arms, finds nothing again …
                    try await eventually("the relay has armed") {
                        relay.wake()
                        return try await database.admin.count("SELECT count(*) FROM main.outbox_wake_up WHERE armed")
                            == 1
                    }
                    // Time to go to sleep; with less of it the test is easier.
                    try await Task.sleep(for: .milliseconds(200))
                }
                // … and the commit comes without a notification.
                try await eventually("the event is published") { connector.published == [woken, event] }
            }
        }
    }

    @Test func `a relay that arms waits for every transaction that may not have seen it, the newest too`() async throws
    {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            let store = OutboxStore(pool: pool)
            try await database.admin.execute("UPDATE main.outbox_wake_up SET armed = false")
            var number: Int64 = 0
            try await pool.withTransaction(settings: [PostgresSetting("app.tenant_id", "*")]) { writer in
                // The relay has turned the switch, but not committed: the writer, with a higher number than the
                // relay's transaction, sees it off.
                try await database.admin.withTransaction { relay in
                    _ = try await relay.query(OutboxStatements.arm)
                    let insert = Outbox.insert(try numbered(1, of: .v4()))
                    _ = try await writer.query(insert)
                }
                number = try await store.transactionNumber()
                let outlook = try await store.outlook()
                #expect(outlook.oldestTransaction < number)
            }
            try await eventually("the transactions of that moment are over") {
                try await store.outlook().oldestTransaction >= number
            }
            let barrier = try await store.arm()
            #expect(barrier == nil, "it is on already")
            try await store.disarm()
            let later = try await store.arm()
            #expect(later ?? 0 > number)
        }
    }

    @Test func `the trigger notifies while armed and is silent otherwise`() async throws {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            let listener = PostgresListener(
                configuration: database.configuration(), channels: ["outbox", "marker"], logger: testLogger)
            var events = listener.events().makeAsyncIterator()
            #expect(await events.next() == .connected)
            for armed in [true, false, true] {
                try await database.admin.execute("UPDATE main.outbox_wake_up SET armed = \(armed)")
                try await pool.commit(try numbered(1, of: .v4()), try numbered(2, of: .v4()))
                try await database.admin.execute("SELECT pg_notify('marker', '')")
                // Two equal notifications of one transaction are one.
                if armed { #expect(await events.next() == .notification(channel: "outbox", payload: "")) }
                #expect(await events.next() == .notification(channel: "marker", payload: ""))
            }
            listener.shutdown()
        }
    }

    @Test func `a retried dead letter wakes the relays of other processes, and so does a due back-off`() async throws {
        try await BusDatabase.withOutbox { database in
            let pool = database.runtime()
            let connector = RecordingConnector { _, attempt throws(MessageBusError) in
                switch attempt {
                case 1: .failed(reason: "later")
                case 2: .rejected(reason: "no")
                default: .published
                }
            }
            let relay = Self.relay(database, pool, connector)
            let other = Self.relay(database, pool, connector)
            try await running([{ await relay.run() }]) {
                try await Self.listening(database, 1)
                try await pool.commit(try numbered(1, of: .v4()))
                try await eventually("it is given up on") { try await other.backlog().dead == 1 }
                #expect(try await OutboxDeadLetters(pool: pool).retry(nil) == 1)
                try await eventually("it is published") { connector.published.count == 1 }
            }
        }
    }

    private static func relay(
        _ database: BusDatabase, _ pool: PostgresPool, _ connector: any EventConnector,
        backOff: Duration = .seconds(1)
    ) -> OutboxRelay {
        OutboxRelay(
            pool: pool, connector: connector, listener: database.configuration(),
            configuration: OutboxRelayConfiguration(
                lease: .seconds(3600),
                backOff: BackOff(initial: backOff, maximum: backOff),
                pollInterval: .seconds(3600)),
            logger: testLogger)
    }

    private static func listening(_ database: BusDatabase, _ count: Int) async throws {
        try await eventually("the relays listen") {
            try await database.admin.count(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'")
                == count
        }
    }
}
