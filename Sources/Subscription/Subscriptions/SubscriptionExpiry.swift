import Billing
import Entities
import Logging
import PostgresClient
import Primitives
import ServiceKit
import ServiceLifecycle

/// Marks subscriptions that have ended as EXPIRED (docs/contract/arc-api.md 15). Any number of nodes may do so at once. Nothing
/// depends on it: quota and lists look at the end date themselves.
struct SubscriptionExpiry: Service {
    let subscriptions: SubscriptionRepository
    /// The service itself: nobody's request ends a subscription.
    let system: TenantScope
    /// Time between two rounds.
    let interval: Duration
    let clock: any WallClock
    /// Whether tenants may live on test clocks.
    var hasTestClocks = false
    let logger: Logger

    /// Rows of one transaction.
    private static let batchSize = 500

    /// One round after the other until shutdown.
    func run() async throws {
        await PeriodicWork.run("subscription_expiry", every: interval) {
            do {
                let expired = try await expire()
                if expired > 0 { logger.info("Subscriptions have expired", metadata: ["count": "\(expired)"]) }
            } catch {
                logger.warning("Subscriptions could not be marked as expired", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Marks everything that has ended on this day (UTC), or on that of a tenant's test clock, a batch at a time.
    /// - Returns: The number of rows.
    func expire() async throws(PostgresError) -> Int {
        let today = CalendarDate(of: clock.now())
        var total = try await repeating { () async throws(PostgresError) in
            try await subscriptions.expire(by: today, limit: Self.batchSize, in: system)
        }
        guard hasTestClocks else { return total }
        total += try await repeating { () async throws(PostgresError) in
            try await subscriptions.expireByTestClocks(limit: Self.batchSize, in: system)
        }
        return total
    }

    private func repeating(
        _ batch: () async throws(PostgresError) -> Int
    ) async throws(PostgresError) -> Int {
        var total = 0
        while !Task.isCancelled {
            let count = try await batch()
            total += count
            // A smaller batch has reached the end, or rows that another node has locked.
            guard count == Self.batchSize else { break }
        }
        return total
    }
}
