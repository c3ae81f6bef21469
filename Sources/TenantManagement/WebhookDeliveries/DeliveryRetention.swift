import Logging
import PostgresClient
import Primitives
import ServiceKit
import ServiceLifecycle

/// Once an hour, deletes deliveries that are older than their retention, and keys whose time is over.
struct DeliveryRetention: Service {
    let repository: DeliveryRepository
    let secrets: WebhookSecretRepository
    let retention: Duration
    let clock: any WallClock
    let logger: Logger

    func run() async throws {
        await PeriodicWork.run(every: .seconds(3600), after: .seconds(60)) { await purge() }
    }

    /// One round: batches until nothing is left to delete.
    func purge() async {
        let instant = clock.now().adding(.zero - retention)
        do {
            while try await repository.purge(before: instant) == DeliveryRepository.purgeSize, !Task.isCancelled {}
            try await repository.purgeReplays(before: instant)
            try await secrets.purge()
        } catch {
            logger.warning("Old deliveries of webhooks could not be deleted", metadata: ["error": "\(error)"])
        }
    }
}
