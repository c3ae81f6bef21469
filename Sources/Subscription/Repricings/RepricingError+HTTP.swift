import ServiceKit

extension RepricingError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .notFound: .entityNotFound
        case .over(let state):
            .conflict(
                "The repricing is \(state.rawValue) already. Only a running one can be canceled.",
                code: "REPRICING_OVER")
        case .canceled: .conflict("The version was canceled.", code: "VERSION_CANCELED")
        case .notEffective:
            .conflict(
                "The version is not in effect yet and may still change. Until then, only dry runs are possible.",
                code: "VERSION_NOT_EFFECTIVE")
        }
    }
}
