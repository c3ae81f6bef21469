import ServiceKit

extension LeadError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .addressTaken: .conflict()
        case .keyRefused: .unauthorized
        }
    }
}
