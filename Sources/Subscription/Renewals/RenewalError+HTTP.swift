import ServiceKit

extension RenewalError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .notFound: .entityNotFound
        case .notParked: .conflict("The subscription is not parked.", code: "NOT_PARKED")
        }
    }
}
