import Logging
import MessageBus
import PostgresClient
import Primitives
import ServiceKit
import ServiceLifecycle

/// Forgets events of billing providers that nobody will deliver again: providers give up after days.
struct BillingWebhookCare: Service {
    let pool: PostgresPool
    let clock: any WallClock
    let logger: Logger

    private static let retention = Duration.seconds(90 * 86_400)
    private static let interval = Duration.seconds(3600)

    /// Sweeps once an hour until shutdown.
    func run() async throws {
        await PeriodicWork.run(every: Self.interval) { await sweep() }
    }

    /// Deletes what is older than ninety days.
    func sweep() async {
        do {
            try await Inbox.purge(before: clock.now().adding(.zero - Self.retention), on: pool)
        } catch {
            logger.warning("Old events of billing providers could not be forgotten", metadata: ["error": "\(error)"])
        }
    }
}
