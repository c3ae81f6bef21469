import ServiceKit

extension RepricingError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .notFound: .entityNotFound
        case .over(let state):
            .conflict(
                "It is \(state.rawValue) already. Only one that is running can be canceled.", code: "REPRICING_OVER")
        case .canceled: .conflict("The version was canceled.", code: "VERSION_CANCELED")
        case .notEffective:
            .conflict(
                "The version does not count yet, and may still change. Until its day, only dry runs are possible.",
                code: "VERSION_NOT_EFFECTIVE")
        }
    }
}
