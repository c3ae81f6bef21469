import Entities
import JSONCoding
import Logging
import MessageBus
import PostgresClient
import Primitives

/// Suspends tenants that owe, and lets them return when everything is paid, as the subscription service reports it. What an operator has
/// suspended stays suspended.
struct BillingStandingConsumer: Sendable {
    static let group = "billing-standings"

    let service: SuspensionService
    let pool: PostgresPool
    /// The service itself: an event has no user.
    let system: TenantScope
    let clock: any WallClock
    let logger: Logger

    private static let suspendedNote = "Invoices are not paid"
    private static let returnedNote = "Everything is paid"

    /// Handles a delivery. Repeated deliveries, and those that a newer report has overtaken, have no effect.
    func handle(_ delivery: EventDelivery) async throws {
        let event = delivery.event
        let data = try? JSONValue.parse(stored: event.data)
        guard let tenant = event.tenantID, let isSuspended = data?["isSuspended"]?.boolValue,
            let version = data?["version"]?.intValue
        else { throw EventRejection(reason: "the event does not contain its tenant with isSuspended and version") }
        let context = delivery.writeContext(in: system, now: clock.now())
            .adding(CommitMark { _ in BillingStandingRepository.following(tenant, Int64(version)) })
        do {
            if isSuspended {
                _ = try await service.suspend(tenant, for: .billing, note: Self.suspendedNote, in: context)
            } else {
                _ = try await service.reactivate(
                    tenant, from: .billing, note: Self.returnedNote, ofActorOnly: true, in: context)
            }
        } catch let error as PostgresError {
            guard Inbox.isDuplicate(error) || error.isGuardViolation else { throw error }
        } catch let error as TenantStateError {
            switch error {
            case .illegal(from: .provisioning?, _, _), .illegal(from: .deprovisioning?, _, _):
                // Its resources are being made or removed: this is repeated until that is over.
                throw error
            case .illegal, .offboarded, .tenantNotFound, .suspended:
                logger.info(
                    "A report of what a tenant owes changes nothing",
                    metadata: ["tenantId": "\(tenant)", "eventId": "\(event.id)"])
            default: throw error
            }
        }
    }
}
