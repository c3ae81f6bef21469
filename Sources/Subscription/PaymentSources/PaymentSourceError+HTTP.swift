import ServiceKit

extension PaymentSourceError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure { .entityNotFound }
}
