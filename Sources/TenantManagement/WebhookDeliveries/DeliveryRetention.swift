import Logging
import PostgresClient
import Primitives
import ServiceKit
import ServiceLifecycle

/// Once an hour, deletes deliveries and records of replays that are older than their retention, and keys that have expired.
struct DeliveryRetention: Service {
    let repository: DeliveryRepository
    let secrets: WebhookSecretRepository
    let retention: Duration
    let clock: any WallClock
    let logger: Logger

    func run() async throws {
        await PeriodicWork.run("webhook_delivery_retention", every: .seconds(3600), after: .seconds(60)) {
            await purge()
        }
    }

    /// One round: batches until nothing is left to delete.
    func purge() async {
        let instant = clock.now().adding(.zero - retention)
        do {
            let size = DeliveryRepository.purgeSize
            while try await repository.purge(before: instant) == size, !Task.isCancelled {}
            while try await repository.purgeReplays(before: instant) == size, !Task.isCancelled {}
            try await secrets.purge()
        } catch {
            logger.warning("Old deliveries of webhooks could not be deleted", metadata: ["error": "\(error)"])
        }
    }
}
