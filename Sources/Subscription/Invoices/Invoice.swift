import Entities
import JSONCoding

/// A bill for a tenant: an internal draft until a billing provider issues it.
enum Invoice {
    /// `invoiceStatus` of an invoice that is not issued.
    static let draftStatus = BillingInvoiceStatus.draft

    /// The description. Amounts are in minor units; a period ends before the day in `periodEnd`.
    static let entity = Entity(
        "Invoice", table: "invoice", description: "A bill for a tenant.", tenancy: .column("tenantId"),
        fields: [
            .string(
                "invoiceId", maxLength: 255, description: "The billing provider's id; null for a draft",
                example: "in_5d2f"),
            .string("invoiceStatus", maxLength: 255, example: "payment_due"),
            .identifier("billingCustomerId"),
            .identifier("subscriptionId", access: .readOnly),
            .identifier("tenantId", access: .readOnly),
            .string("currencyCode", access: .readOnly, example: "USD"),
            .integer(
                "subtotal", width: .int64, access: .readOnly, description: "Sum of the lines, in minor units",
                example: 15_000),
            .integer(
                "total", width: .int64, access: .readOnly, description: "Subtotal and tax, in minor units",
                example: 15_000),
            .string("periodStart", access: .readOnly, example: "2026-01-31"),
            .string("periodEnd", access: .readOnly, description: "The day after the last day", example: "2026-02-28"),
            .string("issuedOn", access: .readOnly, description: "Null for a draft", example: "2026-01-31"),
            .object("options", access: .hidden), .object("shippingAddress", access: .hidden),
        ],
        relations: [
            .hasMany("lines", "InvoiceLine", by: "invoiceId"), .hasMany("payments", "Payment", by: "invoiceId"),
            .belongsTo("billingCustomer", "BillingCustomer", by: "billingCustomerId"),
        ],
        alwaysSet: ["createdOn", "modifiedOn", "deleted"])
}
