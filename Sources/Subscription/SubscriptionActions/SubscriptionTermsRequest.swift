import Billing
import BillingPreview
import Entities
import JSONCoding
import Primitives

/// What a client agrees on with a subscription that the engine shall bill: members of `POST /subscriptions`.
struct SubscriptionTermsRequest: Sendable {
    let members: JSONObject

    /// What the engine reads.
    /// - Parameter today: As the calendar of the subscriber has it.
    func scenario(on plan: PlanTerms, today: CalendarDate) -> JSONObject {
        var scenario: JSONObject = [
            "currency": .string(plan.price.currency.code),
            "timeZone": members["timeZone"] ?? .string(ZoneRules.utc.name),
            "start": members["start"] ?? .string(today.description), "interval": plan.engineInterval,
            "price": plan.enginePrice, "quantity": members["quantity"] ?? "1",
        ]
        for name in ["anchor", "trial", "collection", "term", "taxes"] { scenario[name] = members[name] }
        if let coupon = members["coupon"] { scenario["discounts"] = [coupon] }
        // What was due before today is issued today.
        if let start = members["start"]?.stringValue, start < today.description {
            scenario["created"] = .string(today.description)
        }
        return scenario
    }

    /// A refusal of the engine as one of the request's: with a pointer into the request.
    static func meaning(of refusal: ScenarioRefusal) -> SubscriptionActionError {
        let ofPlan = ["/currency", "/interval", "/price", "/metered"]
        let pointer =
            if ofPlan.contains(where: { refusal.pointer.hasPrefix($0) }) {
                TenantSubscription.planID.path
            } else if refusal.pointer.hasPrefix("/discounts/0") {
                "/coupon" + refusal.pointer.dropFirst("/discounts/0".count)
            } else if ["/until", "/created"].contains(refusal.pointer) {
                "/start"
            } else {
                refusal.pointer
            }
        return .invalid(pointer: pointer, reason: refusal.reason)
    }
}
