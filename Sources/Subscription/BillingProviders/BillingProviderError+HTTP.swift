import HTTPTypes
import ServiceKit

extension BillingProviderError: HTTPFailureConvertible {
    var httpFailure: HTTPFailure {
        switch self {
        case .unknownCustomer, .unknownInvoice, .unknownPaymentSource: .entityNotFound
        case .invalid(let details): .validation(details)
        case .refused(let message): .unprocessable(message)
        case .unavailable: .unavailable(retryAfter: 5)
        case .outcomeUnknown: .outcomeUnknown
        case .notConfigured: .unprocessable("ProviderNotFound")
        }
    }
}

extension Operation {
    /// The operation as it is with a choice of provider: without one it is refused.
    func needingProvider(_ choice: BillingProviderChoice) -> Operation {
        var operation = self
        if operation.requestBody == nil {
            operation.failures[.unprocessableContent] = "No billing provider is configured"
        }
        return operation.checkingFirst { _ in
            guard choice != .none else { throw BillingProviderError.notConfigured }
        }
    }
}
