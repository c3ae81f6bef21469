import Entities
import JSONCoding

/// One line of an invoice. (`Billing.InvoiceLine` is the computation, this is the row.)
enum InvoiceItem {
    static let invoiceID = Field.identifier("invoiceId", required: true)
    static let position = Field.integer(
        "position", width: .int16, minimum: 1, required: true, description: "At least 1")
    static let description = Field.string("description", maxLength: 500, required: true, example: "Premium, 1 month")
    static let planID = Field.identifier("planId")
    static let quantity = Field.integer("quantity", width: .int64, minimum: 0, required: true)
    static let unitAmount = Field.integer(
        "unitAmount", width: .int64, required: true, description: "Price of one unit, in minor units", example: 15_000)
    static let amount = Field.integer(
        "amount", width: .int64, required: true, description: "In minor units; negative for a credit", example: 15_000)
    static let periodStart = Field.string(
        "periodStart", format: .date, description: "Null for a single charge", example: "2026-01-31")
    static let periodEnd = Field.string(
        "periodEnd", format: .date, description: "The day after the last day", example: "2026-02-28")
    static let kind = Field.string(
        "kind", access: .readOnly, description: "Null for a line that the billing engine has not made",
        example: "recurring")
    static let details = Field.object(
        "details", access: .readOnly,
        description: "The line as `POST /billing-preview` shows it, with its explanation and its rates of tax")

    /// The description. Amounts are in minor units of the invoice's currency.
    static let entity = Entity(
        "InvoiceLine", table: "invoice_lines", description: "One line of an invoice.",
        tenancy: .custom("{row}.invoice_id IN (SELECT id FROM main.invoice WHERE tenant_id = {tenant})"),
        fields: [
            invoiceID, position, description, planID, quantity, unitAmount, amount, periodStart, periodEnd, kind,
            details,
        ],
        alwaysSet: [
            invoiceID, position, description, quantity, unitAmount, amount, AuditBlock.createdOn, AuditBlock.modifiedOn,
            AuditBlock.deleted,
        ])
}
