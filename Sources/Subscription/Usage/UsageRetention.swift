import Entities
import Logging
import PostgresClient
import Primitives
import ServiceKit
import ServiceLifecycle

/// Once an hour, removes events that are older than anybody sends again, whose sums stay, and reservations that ended as long ago.
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
            for table in UsageRetentionStatements.Table.allCases {
                while try await UsageRetentionStatements.removed(from: table, before: instant, on: pool)
                    == Self.pageSize,
                    !Task.isCancelled
                {}
            }
        } catch {
            logger.warning("Old usage events or reservations could not be removed", metadata: ["error": "\(error)"])
        }
    }
}
