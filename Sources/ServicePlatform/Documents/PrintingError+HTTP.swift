import HTTPTypes
import JSONCoding
package import ServiceKit

extension PrintingError: HTTPFailureConvertible {
    package var httpFailure: HTTPFailure {
        switch self {
        case .busy: .unavailable(retryAfter: 5)
        case .tooLarge:
            .unprocessable("The document has more than can be drawn. The data of the invoice has all of it.")
        case .notDrawn:
            HTTPFailure(
                .serviceUnavailable, name: "ServiceUnavailableError",
                message: "The document could not be drawn; the log of the service has the reason. Nothing was changed.",
                code: "DOCUMENT_NOT_DRAWN", headers: [.retryAfter: "60"])
        }
    }
}
