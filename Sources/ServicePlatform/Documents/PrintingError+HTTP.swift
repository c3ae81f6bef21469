import HTTPTypes
import JSONCoding
import ServiceKit

extension PrintingError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .busy: .unavailable(retryAfter: 5)
        case .notDrawn:
            HTTPFailure(
                .serviceUnavailable, name: "ServiceUnavailableError",
                message: "The document could not be drawn; the log of the service has the reason. Nothing was changed.",
                code: "DOCUMENT_NOT_DRAWN", headers: [.retryAfter: "60"])
        }
    }
}
