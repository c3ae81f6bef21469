/// Runs `body` and then `cleanup`, even if `body` throws: unlike `defer`, it can await.
package func withCleanup<Value>(
    _ body: () async throws -> Value, cleanup: () async throws -> Void
) async throws -> Value {
    let outcome: Result<Value, any Error>
    do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
    do { try await cleanup() } catch {
        // The first error says more.
        _ = try outcome.get()
        throw error
    }
    return try outcome.get()
}
