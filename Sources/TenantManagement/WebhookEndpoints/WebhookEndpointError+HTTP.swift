import HTTPTypes
import ServiceKit

extension WebhookEndpointError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .notFound: .entityNotFound
        case .tooMany(let limit):
            .conflict("The tenant has \(limit) endpoints, which is the limit.", code: "TOO_MANY_ENDPOINTS")
        case .keyUnreadable:
            .conflict(
                "There is no secret that can be read: it was stored under another encryption key, or the tenant was imported. Rotate it.",
                code: "SECRET_UNREADABLE")
        }
    }
}
