import PostgresClient
import PostgresTestSupport
import StackTestSupport
import Synchronization
import Testing

@testable import TenantManagement

/// Mails when PostgreSQL is away for longer than a sender's claim is valid.
extension MailQueueTests {
    @Test func `a mail that left during an outage of PostgreSQL is not sent by another node afterwards`() async throws {
        try await PostgresCluster.with(usesTCP: true) { cluster in
            let server = PostgresTestServer(
                host: "127.0.0.1", port: "\(try #require(cluster.port))", user: "postgres")
            let database = try await TestDatabase.make(.tenantManagement, on: server)
            try await TCPProxy.run(to: server.host, server.port) { proxy in
                let role = database.template.runtimeRole
                var behindProxy = database.configuration(user: role, connections: 4)
                behindProxy.port = "\(proxy.port)"
                try await withPool(behindProxy) { senderPool in
                    try await database.withPool(user: role, connections: 4) { otherPool in
                        try await outage(
                            cluster, proxy, sender: MailQueueWorld(database: database, pool: senderPool),
                            other: MailQueueWorld(database: database, pool: otherPool))
                    }
                }
            }
        }
    }

    /// - Parameter proxy: In front of the sender's connections only, so that the other node is back before it.
    private func outage(
        _ cluster: PostgresCluster, _ proxy: TCPProxy, sender: MailQueueWorld, other: MailQueueWorld
    ) async throws {
        let isLeaving = Mutex(false)
        let isAccepted = Mutex(false)
        let slow = ScriptedTransport { _ in
        } leaving: { _ in
            isLeaving.withLock { $0 = true }
            try await eventually("the mail server answers") { isAccepted.withLock { $0 } }
        }
        let quick = ScriptedTransport()
        // The other node may claim expired work only after PostgreSQL has responded to it for longer than the test takes.
        let (slowQueue, quickQueue) = (
            sender.queue(slow), other.queue(quick, NotificationSettings(lease: .seconds(3600)))
        )
        try await sender.enqueue(slowQueue)
        try await running(slowQueue) {
            try await eventually("the mail is beyond recall") { isLeaving.withLock { $0 } }
            try await running(quickQueue) {
                proxy.refuse(true)
                try await cluster.crash()
                // Longer than the claim is valid.
                try await Task.sleep(for: NotificationSettings().lease)
                isAccepted.withLock { $0 = true }
                try await eventually("the mail has left") { slow.sent.count == 1 }

                try await cluster.start()
                try await eventually("the other node reaches PostgreSQL") {
                    (try? await other.enqueue(quickQueue)) != nil
                }
                try await eventually("it sends what is new") { !quick.sent.isEmpty }
                #expect(try await other.count("claim IS NOT NULL AND next_attempt_on < now()") == 1)
                proxy.refuse(false)
                try await eventually("the outcome is recorded") { try await other.count() == 0 }
            }
        }
        #expect(slow.attempts == 1)
        #expect(!quick.sent.contains { mail in slow.sent.contains { $0.id == mail.id } }, "nothing is sent twice")
    }
}
