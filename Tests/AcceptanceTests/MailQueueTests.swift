import Entities
import PostgresClient
import PostgresTestSupport
import Primitives
import Sealing
import StackTestSupport
import Synchronization
import Testing
import WorkQueue

@testable import TenantManagement

/// Mails from their transaction to the transport, on a real database.
@Suite(.timeLimit(.minutes(5))) struct MailQueueTests {
    private struct World {
        let database: TestDatabase
        let pool: PostgresPool

        func queue(_ transport: any NotificationTransport) -> NotificationQueue {
            NotificationQueue(
                pool: pool, transport: transport, sealer: Sealer(secret: "a test's secret", purpose: "notifications"),
                logger: testLogger)
        }

        func enqueue(_ queue: NotificationQueue, count: Int = 1) async throws {
            for number in 0..<count {
                let notification = Notification.leadVerification(
                    to: "jane\(number)@example.com", name: "Jane", link: "https://arc.example.com/verify?key=k")
                let insert = try queue.statement(notification, tenant: nil, now: SystemClock().now())
                var batch = PostgresBatch(settings: TenantScope.everyTenant)
                batch.add(insert)
                _ = try await pool.run(batch)
            }
            queue.wakeUp()
        }

        func count(_ condition: String = "true") async throws -> Int {
            try await database.count("SELECT count(*) FROM main.notifications WHERE \(condition)")
        }

        /// The database's clock counts leases, delays and ages; what it counts is moved instead.
        func letTimePass(seconds: Int) async throws {
            try await database.query(
                """
                UPDATE main.notifications SET next_attempt_on = next_attempt_on - interval '\(seconds) s',
                    created_on = created_on - interval '\(seconds) s', failed_on = failed_on - interval '\(seconds) s'
                """)
        }
    }

    private func withWorld(_ body: (World) async throws -> Void) async throws {
        try await TestDatabase.with(.tenantManagement) { database in
            try await database.withPool(user: database.template.runtimeRole, connections: 8) { pool in
                try await body(World(database: database, pool: pool))
            }
        }
    }

    private func running(_ queue: NotificationQueue, _ body: () async throws -> Void) async throws {
        let task = Task { await queue.run() }
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
        task.cancel()
        await task.value
        try outcome.get()
    }

    @Test func `mails are sent side by side, so that a slow recipient holds up nobody`() async throws {
        try await withWorld { world in
            let atWork = Mutex((now: 0, most: 0))
            let transport = ScriptedTransport { _ in
                atWork.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                // A barrier: the first ones continue when ten are at work.
                try await eventually("ten mails are being sent") { atWork.withLock { $0.most >= 10 } }
                atWork.withLock { $0.now -= 1 }
            }
            let queue = world.queue(transport)
            try await world.enqueue(queue, count: 50)
            try await running(queue) {
                try await eventually("all are sent") { try await world.count() == 0 }
            }
            #expect(transport.sent.count == 50)
        }
    }

    @Test func `a stop during a mail is no failed attempt, and the mail is due at once`() async throws {
        try await withWorld { world in
            let (entered, continuation) = AsyncStream<Void>.makeStream()
            let queue = world.queue(
                ScriptedTransport { _ in
                    continuation.yield()
                    try await Task.sleep(for: .seconds(3600))
                })
            try await world.enqueue(queue)
            let task = Task { await queue.run() }
            for await _ in entered { break }
            task.cancel()
            await task.value
            #expect(try await world.count("attempts = 0 AND claim IS NULL AND next_attempt_on <= now()") == 1)
        }
    }

    @Test func `a mail that has left is not sent again because its deletion failed`() async throws {
        try await withWorld { world in
            let transport = ScriptedTransport { _ in
                // Recording the outcome fails from here on.
                try await world.database.query(
                    "ALTER TABLE main.notifications RENAME TO notifications_that_are_away")
            }
            let queue = world.queue(transport)
            try await world.enqueue(queue)
            try await running(queue) {
                try await eventually("it is sent") { transport.sent.count == 1 }
                // The lease expires meanwhile: a claim before the outcome is recorded would send the mail again.
                try await world.database.query(
                    "UPDATE main.notifications_that_are_away SET next_attempt_on = now() - interval '1 hour'")
                try await Task.sleep(for: .milliseconds(300))
                try await world.database.query(
                    "ALTER TABLE main.notifications_that_are_away RENAME TO notifications")
                try await eventually("it is deleted") { try await world.count() == 0 }
            }
            #expect(transport.sent.count == 1)
        }
    }

    @Test func `a sender that is killed delays its mail by seconds`() async throws {
        try await withWorld { world in
            let store = NotificationStore(pool: world.pool)
            let transport = ScriptedTransport { _ in }
            let queue = world.queue(transport)
            try await world.enqueue(queue)
            // What kill -9 leaves behind: a claim, and nobody who knows of it.
            let lease = NotificationSettings().worker.lease
            let claimed = try await store.claim(.init(limit: 1, lease: lease))
            #expect(claimed.count == 1)
            #expect(lease <= .seconds(30))
            try await world.letTimePass(seconds: Int(lease.components.seconds))
            try await running(queue) {
                try await eventually("it is sent") { try await world.count() == 0 }
            }
        }
    }

    @Test func `a mail is tried for a day and then kept as failed, until its retention is over`() async throws {
        try await withWorld { world in
            let transport = ScriptedTransport { _ in
                throw SMTPError.rejected(.recipient, code: 450, enhancedStatus: nil)
            }
            let queue = world.queue(transport)
            try await world.enqueue(queue)
            try await running(queue) {
                for attempt in 1...20 {
                    try await eventually("attempt \(attempt) is recorded") {
                        try await world.count("attempts = \(attempt) AND failed_on IS NULL AND claim IS NULL") == 1
                    }
                    try await world.letTimePass(seconds: 3600)
                    queue.wakeUp()
                }
                // The last wake-up causes one more attempt; only then may the day pass.
                try await eventually("attempt 21 is recorded") {
                    try await world.count("attempts = 21 AND failed_on IS NULL AND claim IS NULL") == 1
                }
                try await world.letTimePass(seconds: 86_400)
                queue.wakeUp()
                try await eventually("it is given up") { try await world.count("failed_on IS NOT NULL") == 1 }
            }
            #expect(
                try await world.count("last_error = 'the mail server answered 450 to RCPT TO'") == 1)
            #expect(try await queue.deadLetterCount() == 1)
            let store = NotificationStore(pool: world.pool)
            try await store.purge(olderThan: .seconds(86_400))
            #expect(try await world.count() == 1)
            try await world.letTimePass(seconds: 86_400)
            try await store.purge(olderThan: .seconds(86_400))
            #expect(try await world.count() == 0)
        }
    }

    @Test func `a mail server that is away is no attempt, and mails leave soon after its return`() async throws {
        try await withWorld { world in
            let isAway = Mutex(true)
            let transport = ScriptedTransport { _ in
                if isAway.withLock({ $0 }) { throw SMTPError.connection(.refused) }
            }
            let queue = world.queue(transport)
            try await world.enqueue(queue, count: 3)
            try await running(queue) {
                try await eventually("it is probed") { transport.attempts >= 4 }
                // One of them may be claimed at this moment; the others are due soon.
                let soon = "claim IS NOT NULL OR next_attempt_on < now() + interval '10 s'"
                #expect(try await world.count("attempts = 0 AND failed_on IS NULL AND (\(soon))") == 3)
                isAway.withLock { $0 = false }
                try await eventually("all are sent") { try await world.count() == 0 }
            }
        }
    }

    @Test func `a mail that is refused for good is given up at once`() async throws {
        try await withWorld { world in
            let queue = world.queue(
                ScriptedTransport { _ in throw SMTPError.rejected(.recipient, code: 550, enhancedStatus: nil) })
            try await world.enqueue(queue)
            try await running(queue) {
                try await eventually("it is given up") { try await world.count("failed_on IS NOT NULL") == 1 }
            }
        }
    }
}

/// Sends nothing, but does what a script says.
private final class ScriptedTransport: NotificationTransport {
    private let state = Mutex((sent: [Mail](), attempts: 0))
    private let script: @Sendable (Mail) async throws -> Void

    init(_ script: @escaping @Sendable (Mail) async throws -> Void) { self.script = script }

    var sent: [Mail] { state.withLock { $0.sent } }
    var attempts: Int { state.withLock { $0.attempts } }

    func send(_ mail: Mail) async throws {
        state.withLock { $0.attempts += 1 }
        try await script(mail)
        state.withLock { $0.sent.append(mail) }
    }
}
