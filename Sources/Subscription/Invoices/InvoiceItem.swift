import Entities
import JSONCoding

/// One line of an invoice. (`Billing.InvoiceLine` is the computation, this is the row.)
enum InvoiceItem {
    /// The description. Amounts are in minor units of the invoice's currency.
    static let entity = Entity(
        "InvoiceLine", table: "invoice_lines", description: "One line of an invoice.",
        tenancy: .custom("{row}.invoice_id IN (SELECT id FROM main.invoice WHERE tenant_id = {tenant})"),
        fields: [
            .identifier("invoiceId", required: true),
            .integer("position", width: .int16, minimum: 1, required: true, description: "At least 1"),
            .string("description", maxLength: 500, required: true, example: "Premium, 1 month"),
            .identifier("planId"),
            .integer("quantity", width: .int64, minimum: 0, required: true),
            .integer(
                "unitAmount", width: .int64, required: true, description: "Price of one unit, in minor units",
                example: 15_000),
            .integer(
                "amount", width: .int64, required: true, description: "In minor units; negative for a credit",
                example: 15_000),
            .string("periodStart", format: .date, description: "Null for a single charge", example: "2026-01-31"),
            .string("periodEnd", format: .date, description: "The day after the last day", example: "2026-02-28"),
        ],
        alwaysSet: [
            "invoiceId", "position", "description", "quantity", "unitAmount", "amount", "createdOn", "modifiedOn",
            "deleted",
        ])
}
