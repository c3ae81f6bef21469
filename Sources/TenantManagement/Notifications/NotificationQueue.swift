import Entities
import JSONCoding
package import Logging
package import PostgresClient
package import Primitives
package import Sealing
import ServiceKit
import ServiceLifecycle

/// Mails on their way: stored, sealed, in the transaction that is their reason; sent after its commit, and again with
/// growing pauses until the transport takes them.
package struct NotificationQueue: Service {
    /// Attempts after which a mail is given up; its row stays, marked as failed.
    private static let maximumAttempts = 12
    /// Mails claimed at once, and how long they belong to the node that claimed them: longer than a slow mail server
    /// takes for all of them, so that no other node sends them too.
    private static let batchSize = 4
    private static let lease = Duration.seconds(600)

    private let pool: PostgresPool
    private let transport: any NotificationTransport
    private let sealer: Sealer
    private let clock: any WallClock
    private let logger: Logger
    private let bell = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    /// Makes one from its parts.
    package init(
        pool: PostgresPool, transport: any NotificationTransport, sealer: Sealer, clock: any WallClock, logger: Logger
    ) {
        self.pool = pool
        self.transport = transport
        self.sealer = sealer
        self.clock = clock
        self.logger = logger
    }

    /// The statement that queues a mail, for the caller's transaction.
    /// - Throws: ``SealingError``.
    func statement(_ notification: Notification, tenant: Identifier?, now: Timestamp) throws(SealingError)
        -> BoundStatement
    {
        let id = Identifier.v7(at: now)
        let content = try sealer.seal(notification.content, label: id.description)
        return BoundStatement(
            """
            INSERT INTO main.notifications (id, type, tenant_id, content, next_attempt_on, created_on)
            VALUES ($1, $2, $3, $4, $5, $5)
            """,
            [
                .identifier(id), .text(notification.type), tenant.map { .identifier($0) } ?? .null, .bytes(content),
                .timestamp(now),
            ])
    }

    /// Says that a mail was committed, so that it leaves at once.
    func wakeUp() { bell.continuation.yield() }

    /// Sends what is due, until shutdown.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                group.addTask {
                    while !Task.isCancelled {
                        try? await Task.sleep(for: .seconds(5))
                        self.wakeUp()
                    }
                }
                for await _ in bell.stream {
                    await sendDue()
                    if Task.isCancelled { break }
                }
                group.cancelAll()
            }
        }
    }

    private struct Claimed {
        let id: Identifier
        let content: [UInt8]
        let attempts: Int
    }

    private func sendDue() async {
        while !Task.isCancelled {
            do {
                let claimed = try await claim()
                for mail in claimed { await send(mail) }
                if claimed.isEmpty { return }
            } catch {
                logger.warning("Mails could not be read", metadata: ["error": "\(error)"])
                return
            }
        }
    }

    /// Takes some mails that are due; nobody else takes them before the lease is over.
    private func claim() async throws(PostgresError) -> [Claimed] {
        let now = clock.now()
        let result = try await pool.query(
            """
            UPDATE main.notifications SET attempts = attempts + 1, next_attempt_on = $2
            WHERE id IN (
                SELECT id FROM main.notifications WHERE failed_on IS NULL AND next_attempt_on <= $1
                ORDER BY next_attempt_on LIMIT $3 FOR UPDATE SKIP LOCKED)
            RETURNING id, content, attempts
            """, [.timestamp(now), .timestamp(now.adding(Self.lease)), .int64(Int64(Self.batchSize))],
            settings: TenantScope.everyTenant)
        var claimed: [Claimed] = []
        for row in result.rows {
            claimed.append(
                Claimed(id: try row.identifier(0), content: try row.bytes(1), attempts: Int(try row.int64(2))))
        }
        return claimed
    }

    private func send(_ mail: Claimed) async {
        do {
            let content = try sealer.open(mail.content, label: mail.id.description)
            guard let notification = Notification(content: content) else { throw SealingError.failed }
            try await transport.send(MailTemplates.mail(for: notification, id: mail.id))
            try await finish(mail)
        } catch {
            await postpone(mail, because: error)
        }
    }

    private func finish(_ mail: Claimed) async throws(PostgresError) {
        _ = try await pool.query(
            "DELETE FROM main.notifications WHERE id = $1", [.identifier(mail.id)],
            settings: TenantScope.everyTenant)
    }

    private func postpone(_ mail: Claimed, because error: any Error) async {
        let isRefused = (error as? SMTPError)?.isMailRefused ?? false
        let isLast = isRefused || mail.attempts >= Self.maximumAttempts
        logger.warning(
            isLast ? "A mail was given up" : "A mail could not be sent and is tried again",
            metadata: [
                "id": "\(mail.id)", "attempt": "\(mail.attempts)",
                "error": "\((error as? SMTPError).map { "\($0)" } ?? "\(type(of: error))")",
            ])
        let now = clock.now()
        let pause = Duration.seconds(min(3600, 1 << min(mail.attempts, 12)))
        _ = try? await pool.query(
            "UPDATE main.notifications SET next_attempt_on = $2, failed_on = $3 WHERE id = $1",
            [.identifier(mail.id), .timestamp(now.adding(pause)), isLast ? .timestamp(now) : .null],
            settings: TenantScope.everyTenant)
    }
}

extension Notification {
    /// As it is stored, before it is sealed.
    var content: [UInt8] {
        let value: JSONValue
        switch self {
        case .leadVerification(let to, let name, let link):
            value = ["type": .string(type), "to": .string(to), "name": .string(name), "link": .string(link)]
        case .leadKnown(let to): value = ["type": .string(type), "to": .string(to), "name": "", "link": ""]
        case .tenantWelcome(let to, let tenant, let user, let link):
            value = [
                "type": .string(type), "to": .string(to), "name": .string(tenant), "user": .string(user),
                "link": .string(link),
            ]
        }
        return value.serialized()
    }

    init?(content: [UInt8]) {
        guard let value = try? JSONValue.parse(content), let to = value["to"]?.stringValue,
            let name = value["name"]?.stringValue, let link = value["link"]?.stringValue
        else { return nil }
        switch value["type"]?.stringValue {
        case "validate_lead": self = .leadVerification(to: to, name: name, link: link)
        case "lead_known": self = .leadKnown(to: to)
        case "tenant_welcome":
            self = .tenantWelcome(to: to, tenant: name, user: value["user"]?.stringValue ?? "", link: link)
        default: return nil
        }
    }
}
