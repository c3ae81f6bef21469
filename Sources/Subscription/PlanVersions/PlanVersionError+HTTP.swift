import Entities
import ServiceKit

extension PlanVersionError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .planNotFound, .notFound: .entityNotFound
        case .fixed(.canceled): .conflict("The version was canceled. Make another one.", code: "VERSION_CANCELED")
        case .fixed:
            .conflict(
                "The version counts already and is never changed. Make another one that counts from a later day.",
                code: "VERSION_EFFECTIVE")
        case .dayPassed(let today):
            .invalidField(
                PlanVersion.effectiveOn.path, code: "past", "must not be before \(today), which is today in UTC")
        }
    }
}
