/// Runs an operation and cancels it when it takes too long.
/// - Throws: What the operation throws; `.timeout` when it was canceled for its time; `.unavailable` when the caller was
///   canceled.
func withDeadline<Value: Sendable>(
    _ limit: Duration, _ operation: @escaping @Sendable () async throws(MessageBusError) -> Value
) async throws(MessageBusError) -> Value {
    let result = await withTaskGroup(of: Result<Value, MessageBusError>.self) { group in
        group.addTask {
            do throws(MessageBusError) { return .success(try await operation()) } catch { return .failure(error) }
        }
        group.addTask {
            do { try await Task.sleep(for: limit, clock: .continuous) } catch {
                return .failure(.unavailable(reason: "cancelled"))
            }
            return .failure(.timeout)
        }
        let first = await group.next()
        group.cancelAll()
        // The operation may have ended well in the very moment in which it was canceled.
        let second = await group.next()
        if case .success? = second { return second }
        return first
    }
    guard let result else { throw .timeout }
    return try result.get()
}
