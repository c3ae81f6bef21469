import Entities
import HTTPTypes
import JSONCoding
import ServiceKit

extension EventFeedError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .notFound: return .entityNotFound
        case .ahead(let after, let last):
            return .invalidParameter(
                "after", value: .integer(after), reason: "must be at most \(last), the last number that was given",
                details: [.bound("/after", "maximum", "<=", Int(last))])
        case .expired(let first):
            var failure = HTTPFailure(
                .gone, name: "GoneError",
                message: .string(
                    "Events after this number have been deleted. The first one that is available is \(first); continue with after=\(first - 1)."
                ), code: "FEED_EXPIRED")
            failure.details = [
                ValidationDetail(
                    path: "/after", code: "expired", message: "must be at least \(first - 1)",
                    info: ["firstAvailable": .integer(first)])
            ]
            failure.parameter = "after"
            return failure
        }
    }
}
