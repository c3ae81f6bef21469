/// Why an invoice cannot be downloaded.
enum InvoiceDownloadError: Error, Sendable, Hashable {
    /// There is no such invoice for this caller.
    case invoiceNotFound
    /// Too many invoices are being drawn, or the service stops.
    case busy
    /// This invoice could not be drawn, others may well be; the log says why.
    case notDrawn
}
