/// Why an invoice cannot be read, made, changed, corrected or paid.
enum InvoiceError: Error, Sendable, Hashable {
    /// There is no such customer to bill.
    case customerNotFound
    /// There is no such invoice for this caller.
    case notFound
    /// There is no such invoice to change; the text is how the request named it.
    case unknown(String)
    /// The invoice is paid or voided.
    case closed(Invoice.Status?)
    /// The draft has no currency, so a provider cannot issue it.
    case notBillable
    /// The status of the invoice does not allow it; with what it does allow.
    case illegal(InvoiceAction, Invoice.Status?, legal: [InvoiceAction])
    /// Something else about the invoice does not allow it.
    case impossible(InvoiceAction, reason: String)
    /// An electronic invoice needs this, too.
    case incomplete([String])
}
