import Entities
import JSONCoding

/// The result of an attempt to pay an invoice; `include: ["payments"]` of invoices shows it.
enum Payment {
    static let invoiceID = Field.identifier("invoiceId", required: true)
    static let tenantID = Field.identifier("tenantId")
    static let amount = Field.integer(
        "amount", width: .int64, minimum: 0, required: true, description: "In minor units", example: 5000)
    static let currencyCode = Field.string("currencyCode", maxLength: 3, example: "USD")
    static let paymentMethod = Field<PaymentMethod>.string("paymentMethod", required: true, example: "bank_transfer")
    static let paymentSourceID = Field.string(
        "paymentSourceId", maxLength: 255, description: "The billing provider's id", example: "src_1f0c")
    static let referenceNumber = Field.string("referenceNumber", maxLength: 100, example: "2026-0001")
    static let customPaymentMethodID = Field.string("customPaymentMethodId", maxLength: 50, example: "voucher")
    static let idAtGateway = Field.string("idAtGateway", maxLength: 100, example: "ch_8a31")
    static let status = Field<PaymentStatus>.string("status", required: true, example: "success")
    static let paidOn = Field.timestamp("paidOn", required: true, example: "2026-01-31T10:00:00.000Z")
    static let errorCode = Field.string("errorCode", maxLength: 100, example: "expired_card")
    static let errorText = Field.string("errorText", maxLength: 65_000, example: "The card has expired.")
    static let comment = Field.string("comment", maxLength: 300, example: "Paid at the desk").personal(.nothing)

    /// The description. Amounts are in minor units of the invoice's currency.
    static let entity = Entity(
        "Payment", table: "billing_payments", description: "The result of an attempt to pay an invoice.",
        tenancy: .column(tenantID),
        fields: [
            invoiceID, tenantID, amount, currencyCode, paymentMethod, paymentSourceID, referenceNumber,
            customPaymentMethodID, idAtGateway, status, paidOn, errorCode, errorText, comment,
        ],
        alwaysSet: [
            invoiceID, amount, paymentMethod, status, paidOn, AuditBlock.createdOn, AuditBlock.modifiedOn,
            AuditBlock.deleted,
        ])
}
