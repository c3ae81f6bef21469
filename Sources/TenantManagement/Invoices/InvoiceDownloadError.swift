/// Why an invoice cannot be downloaded, beside a ``PrintingError``.
enum InvoiceDownloadError: Error, Sendable, Hashable {
    /// There is no such invoice for this caller.
    case invoiceNotFound
}
