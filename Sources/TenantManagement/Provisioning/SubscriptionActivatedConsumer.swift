import Entities
import HTTPTypes
import JSONCoding
import Logging
import MessageBus
import PostgresClient
import Primitives
import ServiceKit

/// Provisions a tenant that has waited for its subscription, when the subscription service says that it is active.
struct SubscriptionActivatedConsumer: Sendable {
    static let group = "tenant-management"

    let service: ProvisioningService
    let pool: PostgresPool
    /// The service itself: an event is nobody's.
    let system: TenantScope
    let clock: any WallClock
    let logger: Logger

    /// Handles a delivery. Repeated deliveries have one effect: the mark of the event is stored with it.
    func handle(_ delivery: EventDelivery) async throws {
        let event = delivery.event
        guard let tenant = event.tenantId else { throw EventRejection(reason: "the event names no tenant") }
        guard let data = try? JSONValue.parse(stored: event.data), let subscription = data["subscription"] else {
            throw EventRejection(reason: "the event's data holds no subscription")
        }
        let claim = Inbox.claimOrFail(event.id, consumer: Self.group, at: clock.now())
        do {
            _ = try await service.start(
                tenant: tenant,
                subscription: ProvisioningSubscription(id: subscription["id"]?.stringValue, subscription),
                from: Tenant.Status.awaitingSubscription, in: system, traceparent: event.traceparent, before: [claim])
        } catch let error as PostgresError where Inbox.isDuplicate(error) {
            return
        } catch let failure as HTTPFailure where failure.status == .notFound {
            throw EventRejection(reason: "there is no tenant \(tenant)")
        } catch let failure as HTTPFailure where failure.status == .unprocessableContent {
            throw EventRejection(
                reason: "its plan is too large, or nests too deep, for the event that provisions tenant \(tenant)")
        } catch let failure as HTTPFailure where failure.code == ProvisioningService.wrongState {
            // Active or being provisioned already: a further subscription changes nothing about its resources. Or it
            // was suspended, which only an operator takes back.
            logger.info(
                "A subscription became active for a tenant that does not wait for one",
                metadata: ["tenantId": "\(tenant)", "eventId": "\(event.id)"])
            let mark = Inbox.claim(event.id, consumer: Self.group, at: clock.now())
            _ = try await pool.query(mark, settings: TenantScope.everyTenant)
        }
    }
}
