import Billing
import Entities
import JSONCoding
import Primitives

/// What a client asks an action for: a body that has passed the action's schema.
struct SubscriptionActionRequest: Sendable {
    let action: SubscriptionAction
    /// The local day from which it counts; nil: from now on.
    let at: CalendarDate?
    let policy: ChangePolicy?
    let plan: Identifier?
    /// A decimal number.
    let quantity: String?
    /// Where periods are to begin, as `POST /billing-preview` has it.
    let anchor: JSONValue?
    /// More periods of a term.
    let periods: Int?
    /// What a preview has returned: nothing else may come of it.
    let token: String?

    init(_ action: SubscriptionAction, _ body: JSONObject) {
        self.action = action
        at = body["at"]?.stringValue.flatMap { try? CalendarDate($0) }
        policy = body["policy"]?.stringValue.flatMap { ChangePolicy(rawValue: $0) }
        plan = body["planId"]?.stringValue.flatMap { Identifier($0) }
        quantity = body["quantity"]?.stringValue
        anchor = body["anchor"].flatMap { $0.isNull ? nil : $0 }
        periods = body["periods"]?.intValue
        token = body["token"]?.stringValue
    }
}
