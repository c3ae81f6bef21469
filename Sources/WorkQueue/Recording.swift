import Synchronization

/// Records something about work: to its end even in a canceled task, and as often as it takes while the store is away.
///
/// - Parameters:
///   - grace: How long a canceled task goes on trying.
///   - outage: Logs the failures.
///   - operation: Must be safe to repeat after an unknown outcome.
package func recording<Value: Sendable>(
    grace: Duration = .seconds(2), outage: OutageLog, _ operation: @escaping @Sendable () async throws -> Value
) async -> Result<Value, any Error> {
    let deadline = Deadline()
    return await withTaskCancellationHandler {
        await shielded { await repeating(outage: outage, while: { _ in !deadline.isOver }, operation) }
    } onCancel: {
        deadline.set(.now.advanced(by: grace))
    }
}

private final class Deadline: Sendable {
    private let instant = Mutex<ContinuousClock.Instant?>(nil)

    func set(_ instant: ContinuousClock.Instant) { self.instant.withLock { $0 = instant } }

    var isOver: Bool { instant.withLock { $0.map { $0 <= .now } ?? false } }
}
