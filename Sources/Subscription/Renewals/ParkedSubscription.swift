import Entities
import JSONCoding

/// A subscription that cannot be billed, and waits for somebody to put right what is wrong. Its id is that of the subscription.
enum ParkedSubscription {
    static let tenantID = Field.identifier("tenantId", required: true, access: .readOnly)
    static let parkedOn = Field.timestamp("parkedOn", access: .readOnly, example: "2026-02-28T00:00:00.000Z")
    static let parkedReason = Field.string(
        "parkedReason", maxLength: 1000, access: .readOnly, description: "Why it cannot be billed",
        example: "/until There are too many lines")
    static let nextDueOn = Field.timestamp(
        "nextDueOn", access: .readOnly, description: "Since when something is due", example: "2026-02-28T00:00:00.000Z")
    static let issued = Field.integer(
        "issued", required: true, access: .readOnly, description: "Invoices that were issued", example: 3)

    /// The description.
    static let entity = Entity(
        "ParkedSubscription", table: "subscription_billing",
        description: "A subscription that cannot be billed until something is put right.", audit: .none,
        tenancy: .column(tenantID), fields: [tenantID, parkedOn, parkedReason, nextDueOn, issued],
        alwaysSet: [tenantID, issued])
}
