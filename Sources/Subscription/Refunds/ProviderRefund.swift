import Entities
import JSONCoding

/// A refund that a billing provider pays out; its id is that of the credit note.
enum ProviderRefund {
    static let tenantID = Field.identifier("tenantId", required: true, access: .readOnly)
    static let invoiceID = Field.identifier("invoiceId", access: .readOnly)
    static let payment = Field.string(
        "payment", maxLength: 100, access: .readOnly, description: "The payment as the provider calls it",
        example: "pi_8a31")
    static let amount = Field.integer(
        "amount", width: .int64, access: .readOnly, description: "In minor units", example: 1000)
    static let currencyCode = Field.string("currencyCode", maxLength: 3, access: .readOnly, example: "USD")
    static let refund = Field.string(
        "refund", maxLength: 100, access: .readOnly,
        description: "As the provider calls it; null: it is not paid out yet",
        example: "re_8a31")
    static let failureCode = Field.string(
        "failureCode", maxLength: 100, access: .readOnly,
        description: "Why the provider refuses it: it has to be paid out in another way", example: "refused")
    static let refundedOn = Field.timestamp("refundedOn", access: .readOnly, example: "2026-02-28T00:00:00.000Z")

    /// The description.
    static let entity = Entity(
        "ProviderRefund", table: "provider_refunds",
        description: "A refund that a billing provider pays out. Its id is that of the credit note.", audit: .none,
        tenancy: .column(tenantID),
        fields: [tenantID, invoiceID, payment, amount, currencyCode, refund, failureCode, refundedOn],
        alwaysSet: [tenantID, payment, amount])
}
