import Entities
import HTTPTypes
import JSONCoding
import ServiceKit

extension UsageError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .refused(let details): .validation(details)
        case .eventIDReused(let item):
            HTTPFailure(
                .conflict, name: "ConflictError",
                message: "An event with this id was stored with other contents. Nothing of the request was stored.",
                code: "EVENT_ID_REUSED",
                details: [
                    ValidationDetail(
                        path: "/events/\(item)/id", code: "reused", message: "is the id of another event of the tenant")
                ])
        case .tenantNotFound: .entityNotFound
        case .parameter(let name, nil, _):
            HTTPFailure(
                .badRequest, name: "BadRequestError", message: .string("Required parameter \(name) is missing!"),
                code: "MISSING_REQUIRED_PARAMETER")
        case .parameter(let name, let value?, let reason):
            .invalidParameter(name, value: .string(value), reason: reason)
        }
    }
}
