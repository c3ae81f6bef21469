import Entities
import JSONCoding

/// Invoices, charges and payments as the API shows them (docs/contract/arc-api.md 6.9). Amounts are in minor units of
/// the currency.
enum InvoiceSchemas {
    /// Charges that one invoice may have.
    static let maximumCharges = 100
    /// The largest amount of a charge either way, in minor units: a hundred of them cannot overflow.
    static let maximumAmount = 1_000_000_000_000_000

    private static func text(_ maxLength: Int, _ example: String) -> Schema {
        .string(maxLength: maxLength).example(.string(example))
    }

    private static let currency = Pattern(regex: "^[A-Za-z]{3}$") { text in
        text.utf8.count == 3 && text.utf8.allSatisfy { (0x61...0x7A).contains($0 | 0x20) }
    }

    private static let charge = Schema.object(
        [
            .init(
                "amount",
                Schema.number(minimum: -maximumAmount, maximum: maximumAmount).documented(["multipleOf": 1]).example(
                    5000
                )
                .described("Whole minor units of the currency; negative for a credit"), required: true),
            .init("description", text(500, "Premium, 1 month"), required: true),
        ], name: "ChargeDto")

    private static func members(isNew: Bool) -> [Schema.Property] {
        [
            .init(
                "customerId", text(255, "cus_6f1c").described("The provider's id of the customer, or the internal id"),
                required: isNew),
            .init(
                "currencyCode",
                Schema.string(maxLength: 3, pattern: currency).example("USD").described("ISO 4217"), required: isNew),
            .init("options", Schema.freeObject.described("For the billing provider")),
            .init("shippingAddress", CustomerSchemas.address),
            .init("charges", .array(of: charge, maxItems: maximumCharges)),
        ]
    }

    private static let id = Schema.Property(
        "id",
        text(255, "01890a5d-ac96-774b-bcce-b302099a8057").described("Internal id; the provider's id is accepted too"))
    private static let status = Schema.Property("status", text(255, Invoice.Status.paymentDue.rawValue))

    /// The body of `POST /billing-invoice`.
    static let new = Schema.object(members(isNew: true), name: "NewInvoice").described("A new invoice for a customer.")
    /// An invoice as answers show it.
    static let invoice = Schema.object([id] + members(isNew: false) + [status], name: "InvoiceDto")
        .described("An invoice of the billing provider.")
    /// The body of `PATCH /billing-invoice/{invoiceId}`.
    static let changes = Schema.object([id] + members(isNew: false) + [status], name: "InvoiceDtoPartial")
        .described("Options and shipping address to change; other members must have their current values.")
        .example(["options": ["purchaseOrder": "PO-7"]])

    /// The body of `POST /billing-invoice/{invoiceId}/payments`.
    static let payment = Schema.object(
        [
            .init(
                "amount",
                Schema.number(minimum: 0, maximum: maximumAmount * maximumCharges).documented(["multipleOf": 1])
                    .example(5000)
                    .described("In minor units; must be the total of the invoice (default)")),
            .init(
                "paymentMethod",
                Schema.string(oneOf: PaymentMethod.allCases.map(\.rawValue)).example("bank_transfer")
                    .described("Default: payment_source if one is given, otherwise other")),
            .init(
                "paymentSourceId",
                text(255, "src_1f0c").described("Default for payment_source: the customer's newest payment source")
            ),
            .init("referenceNumber", text(100, "2026-0001")), .init("customPaymentMethodId", text(50, "voucher")),
            .init("idAtGateway", text(100, "ch_8a31")),
            .init(
                "status",
                Schema.string(oneOf: [PaymentStatus.success.rawValue, PaymentStatus.failure.rawValue])
                    .example("success").described("The result (default: success)")),
            .init(
                "date",
                Schema.number(minimum: 0, maximum: 253_402_300_799).example(1_769_853_600)
                    .described("Time of the payment in seconds since 1970 (default: now)")),
            .init("errorCode", text(100, "card_declined")), .init("errorText", text(65_000, "The card was declined.")),
            .init("comment", text(300, "Paid at the desk")),
        ], name: "TransactionDto"
    ).described("A payment of an invoice.")
}
