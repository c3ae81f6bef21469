import Entities
import JSONCoding

/// A bill for a tenant: an internal draft until a billing provider issues it.
enum Invoice {
    static let invoiceID = Field.string(
        "invoiceId", maxLength: 255, description: "The billing provider's id; null for a draft", example: "in_5d2f")
    static let invoiceStatus = Field<Status>(
        FieldDefinition(
            "invoiceStatus", type: .string, schema: .string(maxLength: 255),
            example: .string(Status.paymentDue.rawValue)))
    static let billingCustomerID = Field.identifier("billingCustomerId")
    static let subscriptionID = Field.identifier("subscriptionId", access: .readOnly)
    static let tenantID = Field.identifier("tenantId", access: .readOnly)
    static let currencyCode = Field.string("currencyCode", access: .readOnly, example: "USD")
    static let subtotal = Field.integer(
        "subtotal", width: .int64, access: .readOnly, description: "Sum of the lines, in minor units", example: 15_000)
    static let total = Field.integer(
        "total", width: .int64, access: .readOnly, description: "What is to be paid, in minor units", example: 15_000)
    static let periodStart = Field.string("periodStart", access: .readOnly, example: "2026-01-31")
    static let periodEnd = Field.string(
        "periodEnd", access: .readOnly, description: "The day after the last day", example: "2026-02-28")
    static let issuedOn = Field.string(
        "issuedOn", access: .readOnly, description: "Null for a draft", example: "2026-01-31")
    static let number = Field.string(
        "number", access: .readOnly, description: "In its series without a gap; null for a draft", example: "INV-000042"
    )
    static let series = Field.string("series", access: .hidden)
    static let sequence = Field.integer("sequence", width: .int64, access: .hidden)
    static let ordinal = Field.integer(
        "ordinal", access: .readOnly, description: "Which invoice of its subscription it is, from 1", example: 3)
    static let dueOn = Field.string(
        "dueOn", access: .readOnly, description: "The last day to pay it", example: "2026-02-14")
    static let discount = Field.integer(
        "discount", width: .int64, access: .readOnly, description: "Taken off the subtotal", example: 1500)
    static let tax = Field.integer(
        "tax", width: .int64, access: .readOnly, description: "Within the amounts or added to them", example: 2700)
    static let credit = Field.integer(
        "credit", width: .int64, access: .readOnly,
        description: "Taken from the account credit; negative: added to it", example: 0)
    static let creditBalance = Field.integer(
        "creditBalance", width: .int64, access: .readOnly, description: "Account credit after it", example: 0)
    static let credited = Field.integer(
        "credited", width: .int64, access: .readOnly, description: "By how much credit notes have reduced what is due",
        example: 0)
    static let collectionMethod = Field<CollectionMethod>.string(
        "collectionMethod", access: .readOnly, description: "How it is collected; null: by nobody", example: "automatic"
    )
    static let seller = Field.object("seller", access: .hidden).personal(.nothing, fiscal: true)
    static let buyer = Field.object("buyer", access: .hidden).personal(.nothing, fiscal: true)
    static let options = Field.object("options", access: .hidden).personal(.nothing)
    static let shippingAddress = Field.object("shippingAddress", access: .hidden).personal(.nothing)

    static let lines = Relation.hasMany("lines", "InvoiceLine", by: InvoiceItem.invoiceID)
    static let creditNotes = Relation.hasMany("creditNotes", "CreditNote", by: CreditNoteRow.invoiceID)
    static let payments = Relation.hasMany("payments", "Payment", by: Payment.invoiceID)

    /// The description. Amounts are in minor units; a period ends before the day in `periodEnd`.
    static let entity = Entity(
        "Invoice", table: "invoice", description: "A bill for a tenant.", tenancy: .column(tenantID),
        fields: [
            invoiceID, invoiceStatus, billingCustomerID, subscriptionID, tenantID, currencyCode, subtotal, total,
            periodStart, periodEnd, issuedOn, number, series, sequence, ordinal, dueOn, discount, tax, credit,
            creditBalance, credited, collectionMethod, seller, buyer, options, shippingAddress,
        ],
        relations: [
            lines, creditNotes, payments,
            .belongsTo("billingCustomer", "BillingCustomer", by: billingCustomerID),
        ],
        alwaysSet: [AuditBlock.createdOn, AuditBlock.modifiedOn, AuditBlock.deleted])
}
