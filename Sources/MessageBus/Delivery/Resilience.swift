import Logging
import PostgresClient

/// Runs an operation to its end even if the caller is cancelled: what is written down about an event must not get lost
/// because a process is told to stop.
func shielded<Value: Sendable>(_ operation: @escaping @Sendable () async -> Value) async -> Value {
    await Task { await operation() }.value
}

/// Tries an operation a few times when the database is away for a moment.
func retrying<Value>(
    _ operation: () async throws(MessageBusError) -> Value
) async -> Result<Value, MessageBusError> {
    let backOff = BackOff(initial: .milliseconds(50), maximum: .milliseconds(400))
    var failures = 0
    while true {
        do { return .success(try await operation()) } catch {
            failures += 1
            guard failures < 5, error.isTransient else { return .failure(error) }
            try? await Task.sleep(for: backOff.delay(afterFailures: failures))
        }
    }
}

/// Runs an operation and cancels it when it takes too long.
/// - Throws: What the operation throws; `.timeout` when it was cancelled for its time; `.unavailable` when the caller was
///   cancelled.
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
        // The operation may have ended well in the very moment in which it was cancelled.
        let second = await group.next()
        if case .success? = second { return second }
        return first
    }
    guard let result else { throw .timeout }
    return try result.get()
}

/// Does something at regular intervals until the task is cancelled.
func everyInterval(_ interval: Duration, _ body: @Sendable () async -> Void) async {
    while true {
        do { try await Task.sleep(for: interval, clock: .continuous) } catch { return }
        await body()
    }
}

extension MessageBusError {
    /// Whether the same may succeed in a moment. All our writes name their claim, so doing them twice changes nothing.
    var isTransient: Bool {
        switch self {
        case .database(let error): error.isUnavailable || error.isTimeout || error.isTransactionConflict
        case .unavailable, .timeout: true
        case .envelope, .invalidSubscription: false
        }
    }
}
