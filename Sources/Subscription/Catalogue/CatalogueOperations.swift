import Entities
import HTTPTypes
import ServiceKit

extension CRUDOperations {
    /// All eight, for an entity that is everybody's to read and only the operators' to change.
    func catalogue() -> [Operation] {
        all().map { $0.method == .get ? $0 : $0.forOperators() }
    }
}

extension Operation {
    /// The operation, refused with 403 to the users of a tenant whatever their permissions. Row-level security refuses
    /// them as well.
    func forOperators() -> Operation {
        checkingFirst { call in
            guard call.scope.tenantId == nil else { throw HTTPFailure.notAllowed }
        }
    }

    /// The operation with a check before it.
    func checkingFirst(_ check: @escaping @Sendable (ScopedRequest) async throws -> Void) -> Operation {
        guard case .scoped(let handle) = handler else { return self }
        var operation = self
        operation.handler = .scoped { call in
            try await check(call)
            return try await handle(call)
        }
        return operation
    }
}
