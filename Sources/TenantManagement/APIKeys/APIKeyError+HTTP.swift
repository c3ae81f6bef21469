import Entities
import HTTPTypes
import JSONCoding
import ServiceKit

extension APIKeyError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .notHeld(let details): Self.notHeld(details)
        case .notOwn:
            HTTPFailure(
                .forbidden, name: "ForbiddenError",
                message: "With a key, only this key itself and those that were made with it can be rotated.",
                code: "API_KEY_NOT_OWN")
        case .operatorsOnly: .reservedToOperators("/audience")
        case .tooMany(let limit):
            .conflict("There are \(limit) keys, which is the limit. Delete one first.", code: "TOO_MANY_API_KEYS")
        case .secretLost:
            .conflict(
                "The request took effect, but the response with the key was lost, and it is not stored. Rotate or delete the key.",
                code: "API_KEY_LOST")
        }
    }

    private static func notHeld(_ details: [ValidationDetail]) -> HTTPFailure {
        var failure = HTTPFailure(
            .forbidden, name: "ForbiddenError",
            message: "A key cannot have permissions that its maker does not have.", code: "PERMISSIONS_NOT_HELD")
        failure.details = details
        return failure
    }
}
