import Logging
import PostgresClient
import ServiceKit
import ServiceLifecycle

/// Ends grants of credit whose time has come. Any number of nodes may do so at once; invoices look at the time themselves.
struct CreditExpiry: Service {
    let repository: CreditGrantRepository
    let logger: Logger

    private static let interval = Duration.seconds(60)
    private static let batchSize = 200

    func run() async throws {
        await PeriodicWork.run("credit_expiry", every: Self.interval) {
            do {
                let ended = try await Self.expire(by: repository)
                if ended > 0 { logger.info("Prepaid credits have expired", metadata: ["count": "\(ended)"]) }
            } catch {
                logger.warning("Prepaid credits could not be ended", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Ends everything that has expired, a batch at a time.
    static func expire(by repository: CreditGrantRepository) async throws(PostgresError) -> Int {
        var total = 0
        while !Task.isCancelled {
            let count = try await repository.expire(limit: batchSize)
            total += count
            guard count == batchSize else { break }
        }
        return total
    }
}
