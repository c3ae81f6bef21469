import Entities
import JSONCoding
import Logging
import MessageBus
import PostgresClient
import Primitives

/// Provisions a tenant when its subscription becomes active.
struct SubscriptionActivatedConsumer: Sendable {
    static let group = "tenant-management"

    let service: ProvisioningService
    let pool: PostgresPool
    /// The service itself: an event has no user.
    let system: TenantScope
    let clock: any WallClock
    let logger: Logger

    /// Handles a delivery. Repeated deliveries have one effect: the mark of the event commits with it.
    func handle(_ delivery: EventDelivery) async throws {
        let context = delivery.writeContext(in: system, now: clock.now())
        do {
            try await start(delivery.event, in: context)
        } catch let error as PostgresError {
            guard Inbox.isDuplicate(error) else { throw error }
        }
    }

    private func start(_ event: EventEnvelope, in context: WriteContext) async throws {
        guard let tenant = event.tenantID else { throw EventRejection(reason: "the event names no tenant") }
        guard let data = try? JSONValue.parse(stored: event.data), let subscription = data["subscription"] else {
            throw EventRejection(reason: "the event's data holds no subscription")
        }
        do {
            _ = try await service.start(
                tenant: tenant,
                subscription: ProvisioningSubscription(id: subscription[Entity.id]?.stringValue, subscription),
                from: Tenant.Status.awaitingSubscription, in: context)
        } catch let error as ProvisioningError {
            switch error {
            case .tenantNotFound: throw EventRejection(reason: "there is no tenant \(tenant)")
            case .planTooLarge, .planTooDeep:
                throw EventRejection(
                    reason: "its plan is too large, or nests too deep, for the event that provisions tenant \(tenant)")
            case .wrongState:
                // Active or being provisioned already: a further subscription changes nothing about its resources. Or it
                // was suspended, which only an operator reverses.
                logger.info(
                    "A subscription became active for a tenant that does not wait for one",
                    metadata: ["tenantId": "\(tenant)", "eventId": "\(event.id)"])
                try await context.commitMarks(on: pool)
            case .changedMeanwhile, .subscriptionIDMissing, .tierMissing: throw error
            }
        }
    }
}
