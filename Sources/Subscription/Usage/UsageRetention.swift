import Entities
import Logging
import PostgresClient
import Primitives
import ServiceKit
import ServiceLifecycle

/// Once an hour, removes events that are older than anybody sends again; their sums stay.
struct UsageRetention: Service {
    let pool: PostgresPool
    let retention: Duration
    let clock: any WallClock
    let logger: Logger

    /// Rows of one transaction.
    static let pageSize = 10_000

    /// Runs until shutdown.
    func run() async throws {
        await PeriodicWork.run("usage_retention", every: .seconds(3600), after: .seconds(60)) { await purge() }
    }

    /// One round: batches until nothing is left.
    func purge() async {
        let instant = clock.now().adding(.zero - retention)
        do {
            while try await UsageRetentionStatements.removed(before: instant, on: pool) == Self.pageSize,
                !Task.isCancelled
            {}
        } catch {
            logger.warning("Old usage events could not be removed", metadata: ["error": "\(error)"])
        }
    }
}
