import Entities
import JSONCoding
import Primitives

/// How far collecting an invoice is; its id is that of the invoice.
enum InvoiceCollection {
    enum State: String, FieldValue, CaseIterable {
        /// For its day, or its first payment.
        case waiting
        /// A payment has failed, or the last day to pay is over.
        case pastDue = "past_due"
        /// The schedule has ended without a payment.
        case unpaid
        /// It is paid or void, and what it has caused is being taken back.
        case recovering
        /// Nothing is left to do.
        case settled
    }

    static let tenantID = Field.identifier("tenantId", required: true, access: .readOnly)
    static let subscriptionID = Field.identifier("subscriptionId", access: .readOnly)
    static let method = Field<CollectionMethod>.string("method", access: .readOnly, example: "automatic")
    static let state = Field<State>.string(
        "state", access: .readOnly,
        description: "`waiting`, `past_due`, `unpaid` (the schedule is over), `recovering` or `settled`",
        example: "past_due")
    static let failures = Field.integer(
        "failures", access: .readOnly, description: "Failed payments, or reminders, of the schedule", example: 1)
    static let nextDueOn = Field.timestamp(
        "nextDueOn", access: .readOnly, description: "When the next payment or reminder is due; null: there is none",
        example: "2026-03-01T00:00:00.000Z")
    static let attempt = Field.integer(
        "attempt", access: .readOnly, description: "Payments that were begun", example: 1)
    static let attemptedOn = Field.timestamp(
        "attemptedOn", access: .readOnly,
        description: "When a payment was begun whose outcome is not known yet; null: there is none",
        example: "2026-02-28T00:00:00.000Z")
    static let failureCode = Field.string(
        "failureCode", maxLength: 100, access: .readOnly, description: "Why the last payment has failed",
        example: "insufficient_funds")
    static let pausedOn = Field.timestamp(
        "pausedOn", access: .readOnly, description: "Since when an operator lets it rest",
        example: "2026-02-28T00:00:00.000Z")

    /// The description.
    static let entity = Entity(
        "InvoiceCollection", table: "invoice_collections",
        description: "How far collecting an invoice is. Its id is that of the invoice.", audit: .none,
        tenancy: .column(tenantID),
        fields: [
            tenantID, subscriptionID, method, state, failures, nextDueOn, attempt, attemptedOn, failureCode, pausedOn,
        ],
        alwaysSet: [tenantID, method, state, failures, attempt])
}
