import Billing
import Entities
import PostgresClient
import Primitives
import WorkQueue

/// Issues what is due of claimed subscriptions. What can never succeed as things are is parked at once, with the reason.
struct RenewalProcessor: Sendable {
    /// Why a subscription is parked, without data.
    struct Refusal: PermanentFailure {
        let reason: String
    }

    let billing: SubscriptionBillingService
    /// The service itself: a day has come, nobody has asked.
    let system: TenantScope

    /// A subscription that was renewed by somebody else meanwhile is settled once more, which has no effect.
    func renew(_ work: RenewalWork) async throws -> Settlement<Void> {
        do {
            _ = try await billing.issueDue(work.subscription, in: WriteContext(scope: system, now: work.now))
        } catch let refusal as ScenarioRefusal {
            throw Refusal(reason: "\(refusal.pointer) \(refusal.reason)")
        } catch let error as SubscriptionError {
            throw Refusal(reason: Self.reason(error))
        }
        return .done(())
    }

    private static func reason(_ error: SubscriptionError) -> String {
        switch error {
        case .quotaExceeded(let quota):
            "the tenant has no place for another subscription: it may have \(quota.limit)"
        case .planNotFound: "there is no such plan"
        case .planNotBillable(let message): "the plan cannot be billed: \(message)"
        case .planUnfitForEvents: "the metaData of the plan is too large for an event"
        default: "the rules of subscriptions refuse what is due"
        }
    }
}
