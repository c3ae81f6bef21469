import Entities
import JSONCoding
import Primitives

/// The row of a subscription that the billing engine bills; its id is that of the subscription. A subscription without one ends on
/// its end date, and nothing is billed but its first period.
enum SubscriptionBillingRow {
    static let tenantID = Field.identifier("tenantId", required: true)
    static let scenario = Field.object(
        "scenario", required: true,
        description: "What was agreed at the start: a request of POST /billing-preview without until and changes")
    static let timeZone = Field.string("timeZone", maxLength: 64, required: true, example: "America/Denver")
    static let issued = Field.integer("issued", minimum: 0, description: "Invoices that were issued", example: 3)
    static let nextDueOn = Field.timestamp(
        "nextDueOn", description: "When something is due next; null: nothing ever", example: "2026-02-28T00:00:00.000Z")
    static let parkedReason = Field.string(
        "parkedReason", maxLength: 1000, description: "Why it cannot be billed",
        example: "/until: There are too many lines")
    static let parkedOn = Field.timestamp("parkedOn", example: "2026-02-28T00:00:00.000Z")
    static let collectionMethod = Field<CollectionMethod>.string(
        "collectionMethod", description: "How its invoices are collected; null: by nobody", example: "automatic")
    static let planVersion = Field.integer(
        "planVersion", minimum: 0, description: "Whose price was agreed on at the start; 0 is the row of the plan",
        example: 1)
    static let testClockID = Field.identifier("testClockId")

    /// The description.
    static let entity = Entity(
        "SubscriptionBilling", table: "subscription_billing",
        description: "How a subscription is billed.", audit: .none, tenancy: .column(tenantID),
        fields: [
            tenantID, scenario, timeZone, issued, nextDueOn, parkedReason, parkedOn, collectionMethod, testClockID,
            planVersion,
        ],
        alwaysSet: [tenantID, scenario, timeZone, issued, planVersion])
}
