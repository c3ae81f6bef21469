import Logging
import PostgresClient
import Primitives
import ServiceKit
import ServiceLifecycle

/// Once an hour, removes leads that did not validate their e-mail address within `LEAD_RETENTION_DAYS`, with their addresses and
/// keys, and all keys that expired a day ago.
struct LeadRetention: Service {
    /// Leads removed in one transaction, which keeps transactions short.
    private static let batchSize = 500

    let leads: LeadRepository
    let retention: Duration
    let clock: any WallClock
    let logger: Logger

    func run() async throws {
        await PeriodicWork.run("lead_retention", every: .seconds(3600)) { await purge() }
    }

    /// One round: batches until nothing is left to remove.
    func purge() async {
        let instant = clock.now().adding(.zero - retention)
        var total = 0
        do {
            try await leads.purgeKeys(before: clock.now().adding(.seconds(-86_400)))
            while !Task.isCancelled {
                let removed = try await leads.purgeUnvalidated(before: instant, limit: Self.batchSize)
                total += removed
                guard removed == Self.batchSize else { break }
            }
        } catch {
            logger.warning("Old leads could not be removed", metadata: ["error": "\(error)"])
        }
        if total > 0 { logger.info("Leads that were never validated were removed", metadata: ["leads": "\(total)"]) }
    }
}
