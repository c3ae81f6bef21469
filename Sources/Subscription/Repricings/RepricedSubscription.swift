import Entities
import JSONCoding
import Primitives

/// What a repricing changes for a subscription.
enum RepricedSubscription {
    enum State: String, FieldValue, CaseIterable {
        case affected
        /// Its price stays, for the reason.
        case skipped
    }

    /// Why the price of a subscription stays.
    enum Reason: String, FieldValue, CaseIterable {
        /// The version has no price in its currency.
        case noPrice = "no_price"
        /// It ends before another period begins.
        case ending
        /// It was not activated.
        case pending
        /// It will change to another plan.
        case planChange = "plan_change"
        /// A change to this version is scheduled already.
        case scheduled
        /// It has a price of its own, without an end.
        case override
        /// The billing engine refuses the change.
        case refused
        /// Several attempts have failed, and the others should not wait for it.
        case failed
    }

    static let repricingID = Field.identifier("repricingId", access: .readOnly)
    static let tenantID = Field.identifier("tenantId", access: .readOnly)
    static let subscriptionID = Field.identifier("subscriptionId", access: .readOnly)
    static let state = Field<State>.string("state", access: .readOnly, example: "affected")
    static let reason = Field<Reason>.string("reason", access: .readOnly, example: "ending")
    static let currency = Field.string("currency", access: .readOnly, example: "USD")
    static let quantity = Field.string("quantity", access: .readOnly, example: "3")
    static let priceBefore = Field.string(
        "priceBefore", access: .readOnly, description: "Of a unit in a billing cycle", example: "100.00")
    static let priceAfter = Field.string("priceAfter", access: .readOnly, example: "120.00")
    static let monthlyBefore = Field.string(
        "monthlyBefore", access: .readOnly, description: "In an average month, before discounts and taxes",
        example: "300.00")
    static let monthlyAfter = Field.string("monthlyAfter", access: .readOnly, example: "360.00")
    static let difference = Field.string("difference", access: .readOnly, example: "60.00")
    static let effectiveOn = Field.string(
        "effectiveOn", access: .readOnly, description: "The first day of the period that has the new price",
        example: "2026-02-28")

    /// The description.
    static let entity = Entity(
        "RepricedSubscription", table: "repriced_subscriptions",
        description: "What a repricing changes for a subscription.", audit: .none, tenancy: .column(tenantID),
        fields: [
            repricingID, tenantID, subscriptionID, state, reason, currency, quantity, priceBefore, priceAfter,
            monthlyBefore, monthlyAfter, difference, effectiveOn,
        ],
        alwaysSet: [repricingID, tenantID, subscriptionID, state])
}
