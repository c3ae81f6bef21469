import ServiceKit

extension InvoiceDownloadError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure { .entityNotFound }
}
