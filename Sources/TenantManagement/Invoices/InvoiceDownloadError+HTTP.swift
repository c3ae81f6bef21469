import HTTPTypes
import JSONCoding
import ServiceKit

extension InvoiceDownloadError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .invoiceNotFound: .entityNotFound
        case .busy: .unavailable(retryAfter: 5)
        case .notDrawn:
            HTTPFailure(
                .serviceUnavailable, name: "ServiceUnavailableError",
                message: "The invoice could not be drawn; the log of the service has the reason. Nothing was changed.",
                code: "DOCUMENT_NOT_DRAWN", headers: [.retryAfter: "60"])
        }
    }
}
