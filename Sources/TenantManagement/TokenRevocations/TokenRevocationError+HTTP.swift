import ServiceKit

extension TokenRevocationError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .tooMany(let limit):
            .conflict(
                "The tenant has \(limit) revocations, which is the limit. Revoke all tokens of a user instead of single ones.",
                code: "TOO_MANY_REVOCATIONS")
        }
    }
}
