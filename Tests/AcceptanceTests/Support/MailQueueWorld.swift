import Entities
import PostgresClient
import PostgresTestSupport
import Primitives
import Sealing
import Synchronization

@testable import TenantManagement

/// Mails in a real database, and queues that send them.
struct MailQueueWorld {
    let database: TestDatabase
    let pool: PostgresPool

    func queue(
        _ transport: any NotificationTransport, _ settings: NotificationSettings = NotificationSettings()
    ) -> NotificationQueue {
        NotificationQueue(
            pool: pool, transport: transport, sealer: Sealer(secret: "a test's secret", purpose: "notifications"),
            settings: settings, logger: testLogger)
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

/// Sends nothing, but follows scripts.
final class ScriptedTransport: NotificationTransport {
    typealias Script = @Sendable (Mail) async throws -> Void

    private let state = Mutex((sent: [Mail](), attempts: 0))
    private let script: Script
    private let leaving: Script

    /// - Parameters:
    ///   - script: What happens while the mail can still be held back.
    ///   - leaving: What happens afterwards, until the transport knows that it has left.
    init(_ script: @escaping Script = { _ in }, leaving: @escaping Script = { _ in }) {
        self.script = script
        self.leaving = leaving
    }

    var sent: [Mail] { state.withLock { $0.sent } }
    var attempts: Int { state.withLock { $0.attempts } }

    func send(_ mail: Mail, mayLeave: @escaping @Sendable () -> Bool) async throws {
        state.withLock { $0.attempts += 1 }
        try await script(mail)
        guard mayLeave() else { throw CancellationError() }
        try await leaving(mail)
        state.withLock { $0.sent.append(mail) }
    }
}
