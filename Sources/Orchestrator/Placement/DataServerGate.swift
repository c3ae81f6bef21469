import Synchronization

/// Bounds how many tenants' work waits for one data server, so that a server that hangs does not hold up the tenants of the
/// others.
final class DataServerGate: Sendable {
    private let count = Mutex(0)

    /// Does the work, unless as much as is allowed is in progress.
    /// - Parameter limit: Nil for no limit, as with only one server.
    /// - Returns: nil when the gate is full; nothing was done.
    func enter<Value: Sendable, Failure: Error>(
        limit: Int?, _ work: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value? {
        let isAdmitted = count.withLock { count in
            if let limit, count >= limit { return false }
            count += 1
            return true
        }
        guard isAdmitted else { return nil }
        defer { count.withLock { $0 -= 1 } }
        return try await work()
    }
}
