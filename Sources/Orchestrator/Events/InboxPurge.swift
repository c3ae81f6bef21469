import Logging
import MessageBus
import PostgresClient
import Primitives
import ServiceKit
import ServiceLifecycle

/// Deletes old marks of the inbox now and then.
struct InboxPurge: Service {
    let pool: PostgresPool
    let clock: any WallClock
    let logger: Logger

    /// Longer than the bus keeps its events by default, a week.
    private static let retention = Duration.seconds(30 * 86_400)

    func run() async {
        await PeriodicWork.run("inbox_purge", every: .seconds(3600), after: .seconds(60)) {
            do {
                try await Inbox.purge(before: clock.now().adding(.zero - Self.retention), on: pool)
            } catch {
                logger.warning("the inbox could not be purged", metadata: ["error": "\(error)"])
            }
        }
    }
}
