import Billing
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
    /// Whether the billing engine has made it: external providers do not know it.
    var isOurs = false
}

/// What a provider says of an invoice that it has issued.
struct IssuedInvoice: Sendable, Hashable {
    /// The provider's id, at most 255 characters.
    let id: String
    let status: Invoice.Status
}
