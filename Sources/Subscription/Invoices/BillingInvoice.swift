import Billing
import JSONCoding

/// What of an invoice is not money; nil: not said.
struct InvoiceDetails: Sendable, Hashable {
    var options: JSONValue?
    var shippingAddress: JSONValue?
}

/// An invoice as a provider has it.
struct BillingInvoice: Sendable, Hashable {
    let status: Invoice.Status?
    /// Nil for invoices of the original, which have no amounts.
    let contents: DraftInvoice?
    let details: InvoiceDetails
}
