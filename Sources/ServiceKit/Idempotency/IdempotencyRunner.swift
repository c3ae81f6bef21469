import Entities
import HTTPTypes
import Primitives

/// Carries out requests that have an idempotency key: once, however often they are sent.
struct IdempotencyRunner: Sendable {
    let store: IdempotencyStore?

    /// - Parameters:
    ///   - caller: Whose keys they are.
    ///   - scope: What the caller may see.
    ///   - run: Carries the request out; with a claim its transaction contains the claim's mark.
    func run(
        _ operation: Operation, _ request: OperationRequest, caller: @autoclosure () -> String, in scope: TenantScope,
        _ run: (IdempotencyClaim?) async throws -> OperationResponse
    ) async throws -> OperationResponse {
        if case .none = operation.idempotency { return try await run(nil) }
        guard let store, let key = try IdempotencyKey(request, caller: caller()) else { return try await run(nil) }
        switch try await store.begin(key, in: scope) {
        case .answered(let response): return response
        case .applied(let resource):
            return try await recover(operation, request, resource: resource, key: key, in: scope, run)
        case .run(let claim):
            let response: OperationResponse
            do {
                response = try await run(claim)
            } catch {
                // Nothing was changed, or the mark in the same transaction keeps the key.
                await store.release(claim, in: scope)
                throw error
            }
            await store.finish(key, response, in: scope)
            return response
        }
    }

    private func recover(
        _ operation: Operation, _ request: OperationRequest, resource: Identifier?, key: IdempotencyKey,
        in scope: TenantScope, _ run: (IdempotencyClaim?) async throws -> OperationResponse
    ) async throws -> OperationResponse {
        var response: OperationResponse
        switch operation.idempotency {
        case .recover(let recover):
            response = try await recover(OperationRecovery(request: request, scope: scope, resource: resource))
        case .rerun, .none: response = try await run(nil)
        }
        await store?.finish(key, response, in: scope)
        response.headers[.idempotencyReplayed] = "true"
        return response
    }
}
