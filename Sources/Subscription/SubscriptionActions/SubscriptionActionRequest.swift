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
    let addOn: Identifier?
    /// A price of its own, in major units.
    let amount: String?
    /// The first day without a price of its own; nil: it stays.
    let until: CalendarDate?
    let note: String?
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
        addOn = body["addOnId"]?.stringValue.flatMap { Identifier($0) }
        amount = body["amount"]?.stringValue
        until = body["until"]?.stringValue.flatMap { try? CalendarDate($0) }
        note = body["note"]?.stringValue
        token = body["token"]?.stringValue
    }
}
