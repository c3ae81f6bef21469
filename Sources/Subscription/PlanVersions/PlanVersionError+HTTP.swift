import Entities
import ServiceKit

extension PlanVersionError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .planNotFound, .notFound: .entityNotFound
        case .fixed(.canceled): .conflict("The version was canceled. Make another one.", code: "VERSION_CANCELED")
        case .fixed:
            .conflict(
                "The version counts already, at least where the day begins first, and is never changed. Make another one that counts from a later day.",
                code: "VERSION_EFFECTIVE")
        case .countsInstead:
            .conflict(
                "A version of the plan counts, and not the price of its row. Make another version (POST /plans/{id}/versions).",
                code: "PLAN_VERSIONED")
        case .dayPassed(let today):
            .invalidField(
                PlanVersion.effectiveOn.path, code: "past", "must not be before \(today), which is today in UTC")
        }
    }
}
