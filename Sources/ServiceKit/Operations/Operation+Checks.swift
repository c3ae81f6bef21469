import Entities
import HTTPTypes

extension Operation {
    /// Whether a body with members is refused because the operation takes none.
    var refusesBody: Bool { requestBody == nil && method == .post && !takesAnyBody }

    /// The operation, which accepts whatever body comes, although none is described: its handler ignores it, or reads it as it is.
    package func takingAnyBody() -> Operation {
        var operation = self
        operation.takesAnyBody = true
        return operation
    }

    /// The operation, refused with 403 to the users of a tenant whatever their permissions. Row-level security refuses
    /// them as well.
    package func forOperators() -> Operation {
        var operation = self
        operation.isForOperators = true
        return operation
    }

    /// The operation with a check before it.
    package func checkingFirst(_ check: @escaping @Sendable (ScopedRequest) async throws -> Void) -> Operation {
        guard case .scoped(let handle) = handler else { return self }
        var operation = self
        operation.handler = .scoped { call in
            try await check(call)
            return try await handle(call)
        }
        return operation
    }
}

extension OperationHandler {
    /// Runs the code of a scoped operation, for operations that do something around it.
    package func run(_ call: ScopedRequest) async throws -> OperationResponse {
        guard case .scoped(let handle) = self else { throw HTTPFailure.internalError }
        return try await handle(call)
    }
}
