import Primitives

/// Runs an operation to its end even if the caller is canceled: what is recorded about work must not get lost because
/// a process is asked to stop.
package func shielded<Value: Sendable>(_ operation: @escaping @Sendable () async -> Value) async -> Value {
    await Task { await operation() }.value
}

/// Repeats an operation while what it depends on is away.
///
/// The operation must be safe to repeat after an unknown outcome, as everything is that names its claim.
/// - Parameters:
///   - backOff: The delays in between.
///   - outage: Logs the failures, so that nothing is repeated in silence.
///   - isWorthwhile: Asked before each repetition with the number of failures in a row.
///   - operation: Repeated while it throws a ``DependencyError`` that says so, and up to four more times for any other
///     error.
package func repeating<Value: Sendable>(
    backOff: BackOff = .probing, outage: OutageLog? = nil,
    while isWorthwhile: @Sendable (_ failures: Int) -> Bool = { _ in true },
    _ operation: @Sendable () async throws -> Value
) async -> Result<Value, any Error> {
    var failures = 0
    var otherFailures = 0
    while true {
        do {
            let value = try await operation()
            outage?.succeeded()
            return .success(value)
        } catch {
            failures += 1
            outage?.failed(error)
            if !error.isDependencyUnavailable { otherFailures += 1 }
            guard otherFailures < 5, isWorthwhile(failures) else { return .failure(error) }
            try? await Task.sleep(for: backOff.delay(afterFailures: failures), clock: .continuous)
            if Task.isCancelled { return .failure(error) }
        }
    }
}

extension Error {
    /// Whether the error says of itself that a dependency cannot serve now.
    package var isDependencyUnavailable: Bool { (self as? any DependencyError)?.isDependencyUnavailable ?? false }
}

/// Does something at regular intervals until the task is canceled.
package func everyInterval(_ interval: Duration, _ body: @Sendable () async -> Void) async {
    while true {
        do { try await Task.sleep(for: interval, clock: .continuous) } catch { return }
        await body()
    }
}
