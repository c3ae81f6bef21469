import Entities
import HTTPTypes
import ServiceKit

/// What a billing provider can answer instead of a result.
enum BillingProviderError: Error, Sendable, Hashable {
    /// The provider knows no such customer.
    case unknownCustomer
    /// The provider knows no such invoice.
    case unknownInvoice
    /// The provider knows no such payment source.
    case unknownPaymentSource
    /// Members of the body that the provider cannot work with.
    case invalid([ValidationDetail])
    /// The provider refuses; the message is for the client and must hold nothing secret.
    case refused(String)
    /// The provider does not answer. With the same idempotency key it can be asked again.
    case unreachable
}

extension BillingProviderError {
    /// The one place where errors of providers become HTTP failures.
    var failure: HTTPFailure {
        switch self {
        case .unknownCustomer, .unknownInvoice, .unknownPaymentSource: .entityNotFound
        case .invalid(let details): .validation(details)
        case .refused(let message): .unprocessable(message)
        case .unreachable: .unavailable(retryAfter: 5)
        }
    }
}

/// Runs what asks a provider.
private func mappingFailures(_ body: () async throws -> OperationResponse) async throws -> OperationResponse {
    do {
        return try await body()
    } catch let error as BillingProviderError {
        throw error.failure
    }
}

extension Operation {
    /// The operation with the provider's errors mapped; without a provider it is refused (contract 6.8).
    func needingProvider(_ choice: BillingProviderChoice) -> Operation {
        guard case .scoped(let handle) = handler else { return self }
        var operation = self
        if operation.requestBody == nil {
            operation.failures[.unprocessableContent] = "No billing provider is configured"
        }
        operation.handler = .scoped { call in
            guard choice != .none else { throw HTTPFailure.unprocessable("ProviderNotFound") }
            return try await mappingFailures { try await handle(call) }
        }
        if case .recover(let recover) = operation.idempotency {
            operation.idempotency = .recover { recovery in try await mappingFailures { try await recover(recovery) } }
        }
        return operation
    }
}
