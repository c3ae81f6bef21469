package import Entities
package import JSONCoding
package import Primitives

/// A plain invoice row of tenant management, without a workflow (docs/contract/arc-api.md 9.7); billing lives in the
/// subscription service.
package enum Invoice {
    /// The status of an invoice (docs/contract/arc-api.md 8.3).
    package enum Status: Int, FieldValue, CaseIterable {
        case pending = 0
        case paid = 1
        case cancelled = 2

        /// The name in the documents.
        var name: String {
            switch self {
            case .pending: "PENDING"
            case .paid: "PAID"
            case .cancelled: "CANCELLED"
            }
        }
    }

    package static let startDate = Field.timestamp(
        "startDate", acceptsDate: true, required: true, example: "2024-01-01")
    package static let endDate = Field.timestamp(
        "endDate", acceptsDate: true, required: true, description: "Not before startDate", example: "2024-01-31")
    package static let amount = Field.number("amount", minimum: 0, required: true, example: 100)
    package static let currencyCode = Field.string(
        "currencyCode", maxLength: 3, pattern: .currencyCode, required: true,
        description: "ISO 4217 code; determines how many decimals the amount may have", example: "USD")
    package static let invoiceFile = Field.string("invoiceFile", maxLength: 100)
    package static let dueDate = Field.timestamp(
        "dueDate", acceptsDate: true, required: true, description: "Not before startDate", example: "2024-02-15")
    package static let status = Field<Status>.integer(
        "status", width: .int16, required: true,
        description: Status.allCases.map { "\($0.rawValue) \($0.name)" }.joined(separator: ", "))
    package static let tenantID = Field.identifier("tenantId", required: true)

    static let tenant = Relation.belongsTo("tenant", "Tenant", by: tenantID)

    /// The description.
    package static let entity = Entity(
        "Invoice", table: "invoices", description: "An invoice to a tenant.", tenancy: .column(tenantID),
        fields: [startDate, endDate, amount, currencyCode, invoiceFile, dueDate, status, tenantID],
        relations: [tenant],
        rules: [
            RowRule(
                "invoices_period_ordered", code: "order",
                [endDate: "must not be before startDate", startDate: "must not be after endDate"]),
            RowRule(
                "invoices_due_ordered", code: "order",
                [dueDate: "must not be before startDate", startDate: "must not be after dueDate"]),
            RowRule(
                "invoices_amount_decimals", code: "decimals",
                [
                    amount: "must NOT have more decimals than the currency has",
                    currencyCode: "names a currency with fewer decimals than the amount has",
                ]),
        ],
        alwaysSet: [amount, status, tenantID, AuditBlock.deleted])
}
