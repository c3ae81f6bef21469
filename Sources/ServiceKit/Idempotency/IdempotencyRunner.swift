import Entities
import HTTPTypes

/// Carries out requests that have an idempotency key: once, however often they are sent.
struct IdempotencyRunner: Sendable {
    let store: IdempotencyStore?

    /// - Parameters:
    ///   - caller: Whose keys they are.
    ///   - scope: What the caller may see.
    ///   - run: Carries the request out; with a claim its transaction contains the claim's mark.
    func run(
        _ operation: Operation, _ request: OperationRequest, caller: @autoclosure () -> IdempotencyOwner,
        in scope: TenantScope,
        _ run: (IdempotencyClaim?) async throws -> OperationResponse
    ) async throws -> OperationResponse {
        guard case .recover(let recover) = operation.idempotency, let store,
            let key = try store.key(of: request, to: operation, caller: caller(), in: scope)
        else { return try await run(nil) }
        switch try await store.begin(key, in: scope) {
        case .answered(let response): return response
        case .applied(let resource):
            var response = try await recover(
                OperationRecovery(request: request, scope: scope, resource: resource))
            await store.finish(key, recovered: response, in: scope)
            response.headers[.idempotencyReplayed] = "true"
            return response
        case .run(let claim):
            let response: OperationResponse
            do {
                response = try await run(claim)
            } catch {
                // Nothing was changed, or the mark in the same transaction keeps the key.
                // Also when this request was given up by its client.
                await Task { await store.release(claim, in: scope) }.value
                throw error
            }
            await Task { await store.finish(claim, response, in: scope) }.value
            return response
        }
    }
}
