import Entities
import JSONCoding

/// One side of a movement of money. The database posts it when an invoice is issued, paid, credited, written off or voided; the
/// entries of a transaction add up to zero.
enum LedgerEntry {
    static let transactionID = Field.identifier(
        "transactionId", access: .readOnly, description: "The entries of a transaction add up to zero")
    static let kind = Field.string(
        "kind", access: .readOnly,
        description:
            "`issue`, `payment`, `credit_note`, `refund`, `write_off`, `reversal` or `void`; of prepaid credits `credit_grant`, `credit_burn`, `credit_return`, `credit_expiry` or `credit_revoke`",
        example: "payment")
    static let tenantID = Field.identifier("tenantId", access: .readOnly)
    static let invoiceID = Field.identifier("invoiceId", access: .readOnly)
    static let creditNoteID = Field.identifier("creditNoteId", access: .readOnly)
    static let account = Field.string(
        "account", access: .readOnly,
        description:
            "`receivable`, `revenue`, `discounts`, `tax`, `customer_credit`, `credit_granted`, `cash`, `refunds_payable` or `bad_debt`",
        example: "cash")
    static let currencyCode = Field.string("currencyCode", access: .readOnly, example: "USD")
    static let amount = Field.integer(
        "amount", width: .int64, access: .readOnly, description: "In minor units: a debit, or if negative a credit",
        example: 5000)
    static let bookedOn = Field.timestamp("bookedOn", access: .readOnly, example: "2026-01-31T10:00:00.000Z")

    /// The description.
    static let entity = Entity(
        "LedgerEntry", table: "ledger_entries", description: "One side of a movement of money.", audit: .none,
        tenancy: .column(tenantID),
        fields: [
            transactionID, kind, tenantID, invoiceID, creditNoteID, account, currencyCode, amount, bookedOn,
        ],
        alwaysSet: [transactionID, kind, account, currencyCode, amount, bookedOn])
}
