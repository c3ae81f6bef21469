import ServiceKit

extension CallbackError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure { .unauthorized }
}
