/// Runs an operation that is given up after a time.
/// - Throws: ``HTTPFailure/timedOut`` when the time is over, else what the operation throws.
func withDeadline<Value: Sendable>(
    _ timeout: Duration, _ operation: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await operation() }
        group.addTask {
            try await Task.sleep(for: timeout)
            throw HTTPFailure.timedOut
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw HTTPFailure.timedOut }
        return value
    }
}
