import Entities
import JSONCoding
import Primitives

/// The internal row of a customer, which may still have to be inserted, and its tenant.
struct BillingAccount: Sendable, Hashable {
    /// Primary key of the row in `billing_customer`.
    let row: Identifier
    /// The tenant as the row has it; the original accepted any text.
    let tenant: String
}

/// A customer that a provider knows.
struct CustomerReference: Sendable, Hashable {
    let account: BillingAccount
    /// The provider's id.
    let id: String
}

/// Members of a customer as the API shows them (docs/contract/arc-api.md 6.8): firstName, lastName, email, company,
/// phone, billingAddress, options. Checked against ``CustomerSchemas``.
struct CustomerDetails: Sendable, Hashable {
    var members: JSONObject
}

/// An invoice that a provider knows.
struct InvoiceReference: Sendable, Hashable {
    /// Primary key of the row in `invoice`.
    let row: Identifier
    /// The provider's id.
    let id: String
}

/// Something to be paid for.
struct BillingCharge: Sendable, Hashable {
    /// In minor units; negative for a credit.
    let amount: Int64
    let description: String
}

/// An invoice to be issued.
struct InvoiceOrder: Sendable, Hashable {
    /// Primary key of the row in `invoice`.
    let row: Identifier
    /// Who pays; nil for the draft of a tenant that is no customer yet.
    let customer: CustomerReference?
    /// ISO 4217, upper case.
    let currency: String
    let charges: [BillingCharge]
    let changes: InvoiceChanges
}

/// What a provider says of an invoice that it has issued.
struct IssuedInvoice: Sendable, Hashable {
    /// The provider's id, at most 255 characters.
    let id: String
    /// One of ``BillingInvoiceStatus``, or a word of the provider's own.
    let status: String
}

/// What of an invoice is not money; nil: not said.
struct InvoiceChanges: Sendable, Hashable {
    var options: JSONValue?
    var shippingAddress: JSONValue?
}

/// An invoice as a provider has it.
struct BillingInvoice: Sendable, Hashable {
    let status: String?
    let currency: String?
    let charges: [BillingCharge]
    let details: InvoiceChanges
}
