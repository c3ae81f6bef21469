import Entities
package import Logging
package import PostgresClient
package import Primitives
package import Sealing
import ServiceKit
import ServiceLifecycle
import TraceRecording
package import WorkQueue

/// Mails are stored, encrypted, in the transaction that causes them. They are sent after its commit, and again with growing
/// delays until the transport accepts them.
package struct NotificationQueue: Service, BacklogReporting {
    private let store: NotificationStore
    private let sender: NotificationSender
    /// What the contents of mails are sealed for.
    package static let sealingPurpose = "notifications"

    private let sealer: Sealer
    private let settings: NotificationSettings
    private let logger: Logger

    /// Makes a queue; mails leave while `run()` runs.
    package init(
        pool: PostgresPool, transport: any NotificationTransport, sealer: Sealer,
        settings: NotificationSettings = NotificationSettings(), logger: Logger
    ) {
        store = NotificationStore(pool: pool, lease: settings.lease)
        sender = NotificationSender(transport: transport, sealer: sealer)
        self.sealer = sealer
        self.settings = settings
        self.logger = logger
    }

    /// The statement that queues a mail, for the caller's transaction.
    /// - Throws: ``SealingError``.
    package func statement(_ notification: Notification, tenant: Identifier?, now: Timestamp) throws(SealingError)
        -> BoundStatement
    {
        let id = Identifier.v7(at: now)
        let content = try sealer.seal(notification.content, label: id.description)
        return NotificationStore.insert(
            id, type: notification.type, tenant: tenant, content: content, isBulk: notification.isBulk,
            trace: CurrentSpan.traceContext)
    }

    /// Announces that a mail was committed, so that it is sent immediately.
    package func wakeUp() { store.announce() }

    /// How many mails wait to be sent.
    package func backlog() async throws -> WorkBacklog? { try await store.backlog() }

    /// Sends mails that are due and deletes those that failed long ago, until shutdown.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                await PeriodicWork.run("mail_retention", every: .seconds(3600), after: .seconds(60)) {
                    await self.purge()
                }
            }
            let (sender, logger) = (self.sender, self.logger)
            let worker = LeasedWorker(
                store: store, configuration: settings.worker, logger: logger,
                leaseHandler: { mail, lease in
                    if mail.isInDoubt {
                        logger.notice(
                            "a mail is sent again because its sender has not recorded the outcome",
                            metadata: mail.description.logMetadata())
                    }
                    return try await sender.send(mail, mayLeave: { lease.commit() })
                })
            await worker.run()
            group.cancelAll()
        }
    }

    /// Deletes mails that were given up before the retention.
    private func purge() async {
        do { try await store.purge(olderThan: settings.retention) } catch {
            logger.warning("Failed mails could not be purged", metadata: ["error": "\(error)"])
        }
    }

    /// How many mails were given up and are still kept; at most 1000 are counted.
    package func deadLetterCount() async throws(PostgresError) -> Int { try await store.deadLetterCount() }
}
