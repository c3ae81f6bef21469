import Entities
import JSONCoding

/// What came of an attempt to pay an invoice; `include: ["payments"]` of invoices shows it.
enum Payment {
    /// The description. Amounts are in minor units of the invoice's currency.
    static let entity = Entity(
        "Payment", table: "billing_payments", description: "The result of an attempt to pay an invoice.",
        tenancy: .column("tenantId"),
        fields: [
            .identifier("invoiceId", required: true),
            .identifier("tenantId"),
            .integer("amount", width: .int64, minimum: 0, required: true, description: "In minor units", example: 5000),
            .string("currencyCode", maxLength: 3, example: "USD"),
            .string(
                "paymentMethod", oneOf: PaymentMethod.allCases.map(\.rawValue), required: true, example: "bank_transfer"
            ),
            .string("paymentSourceId", maxLength: 255, description: "The billing provider's id", example: "src_1f0c"),
            .string("referenceNumber", maxLength: 100, example: "2026-0001"),
            .string("customPaymentMethodId", maxLength: 50, example: "voucher"),
            .string("idAtGateway", maxLength: 100, example: "ch_8a31"),
            .string("status", oneOf: PaymentStatus.allCases.map(\.rawValue), required: true, example: "success"),
            .timestamp("paidOn", required: true, example: "2026-01-31T10:00:00.000Z"),
            .string("errorCode", maxLength: 100, example: "expired_card"),
            .string("errorText", maxLength: 65_000, example: "The card has expired."),
            .string("comment", maxLength: 300, example: "Paid at the desk"),
        ],
        alwaysSet: ["invoiceId", "amount", "paymentMethod", "status", "paidOn", "createdOn", "modifiedOn", "deleted"])
}
