import Entities
import JSONCoding

/// A correction of an invoice that was issued. (`Billing.CreditNote` is the computation, this is the row.)
enum CreditNoteRow {
    /// What becomes of the credited amount.
    enum Destination: String, FieldValue, CaseIterable {
        /// Whatever the payer needs: less to pay, or what was paid comes back. The database decides which.
        case payer
        /// Less is due on the invoice.
        case invoice
        /// It is account credit, which later invoices use up.
        case account
        /// It is paid back.
        case refund
    }

    static let invoiceID = Field.identifier("invoiceId", access: .readOnly)
    static let subscriptionID = Field.identifier("subscriptionId", access: .readOnly)
    static let tenantID = Field.identifier("tenantId", access: .readOnly)
    static let number = Field.string(
        "number", access: .readOnly, description: "In its series without a gap", example: "CN-000007")
    static let ordinal = Field.integer("ordinal", access: .hidden)
    static let currencyCode = Field.string("currencyCode", access: .readOnly, example: "USD")
    static let amount = Field.integer(
        "amount", width: .int64, access: .readOnly, description: "Of the lines, in minor units", example: 1000)
    static let tax = Field.integer(
        "tax", width: .int64, access: .readOnly, description: "Within the amount or added to it", example: 200)
    static let total = Field.integer(
        "total", width: .int64, access: .readOnly, description: "What is given back, in minor units", example: 1200)
    static let destination = Field<Destination>.string(
        "destination", access: .readOnly, description: "Less is due on the invoice, account credit, or a refund",
        example: "refund")
    static let reason = Field.string("reason", access: .readOnly, example: "Two days of outage").personal(.nothing)
    static let issuedOn = Field.string("issuedOn", access: .readOnly, example: "2026-02-03")
    static let seller = Field.object("seller", access: .hidden).personal(.nothing, fiscal: true)
    static let buyer = Field.object("buyer", access: .hidden).personal(.nothing, fiscal: true)

    static let lines = Relation.hasMany("lines", "CreditNoteLine", by: CreditNoteLine.creditNoteID)

    /// The description. Amounts are in minor units of the invoice's currency.
    static let entity = Entity(
        "CreditNote", table: "credit_notes", description: "A correction of an invoice that was issued.",
        tenancy: .column(tenantID),
        fields: [
            invoiceID, subscriptionID, tenantID, number, ordinal, currencyCode, amount, tax, total, destination, reason,
            issuedOn, seller, buyer,
        ],
        relations: [lines, .belongsTo("invoice", "Invoice", by: invoiceID)],
        alwaysSet: [
            invoiceID, currencyCode, amount, tax, total, destination, issuedOn, AuditBlock.createdOn,
            AuditBlock.modifiedOn, AuditBlock.deleted,
        ])
}

/// What a credit note gives back of one line.
enum CreditNoteLine {
    static let creditNoteID = Field.identifier("creditNoteId", access: .readOnly)
    static let invoiceLineID = Field.identifier("invoiceLineId", access: .readOnly)
    static let tenantID = Field.identifier("tenantId", access: .readOnly)
    static let position = Field.integer("position", width: .int16, access: .readOnly, description: "At least 1")
    static let description = Field.string("description", access: .readOnly, example: "Premium, 1 month")
    static let amount = Field.integer(
        "amount", width: .int64, access: .readOnly, description: "Before the tax that is added to it", example: 1000)
    static let tax = Field.integer("tax", width: .int64, access: .readOnly, example: 200)

    /// The description. Amounts are in minor units of the invoice's currency.
    static let entity = Entity(
        "CreditNoteLine", table: "credit_note_lines", description: "What a credit note gives back of one line.",
        tenancy: .column(tenantID),
        fields: [creditNoteID, invoiceLineID, tenantID, position, description, amount, tax],
        alwaysSet: [
            creditNoteID, invoiceLineID, position, description, amount, tax, AuditBlock.createdOn,
            AuditBlock.modifiedOn, AuditBlock.deleted,
        ])
}
