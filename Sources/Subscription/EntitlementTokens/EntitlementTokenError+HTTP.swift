import Entities
import HTTPTypes
import ServiceKit

extension EntitlementTokenError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .tooManyFeatures:
            .invalidField(
                "/features", code: "required",
                "must name the features, because there are more than \(EntitlementTokenService.maximumFeatures)")
        case .featureNotFound(let item):
            .invalidField("/features/\(item)", code: "exists", "must be the key of a feature")
        case .noKey: .unavailable()
        }
    }
}
