import Entities
import ServiceKit

extension PlanVersionError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .planNotFound, .notFound: .entityNotFound
        case .fixed(.canceled): .conflict("The version was canceled. Create another one.", code: "VERSION_CANCELED")
        case .fixed:
            .conflict(
                "The version is in effect, at least in the time zone where its day begins first, and cannot be changed. Create another one with a later day.",
                code: "VERSION_EFFECTIVE")
        case .countsInstead:
            .conflict(
                "A version of the plan is in effect, so the price of the plan itself no longer applies. Create another version (POST /plans/{id}/versions).",
                code: "PLAN_VERSIONED")
        case .dayPassed(let today):
            .invalidField(
                PlanVersion.effectiveOn.path, code: "past", "must not be before \(today), which is today in UTC")
        }
    }
}
