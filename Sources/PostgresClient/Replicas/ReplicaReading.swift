import Synchronization

/// What one request may read from replicas. Bound to its task: without it, everything is read from the primary.
///
/// All statements of a request that one replica has begun stay there, so that no later one sees an older state; after a write, or
/// when the replica could not answer, the rest of the request is read from the primary.
package final class ReplicaReading: Sendable {
    @TaskLocal package static var current: ReplicaReading?

    enum Choice: Sendable, Hashable {
        case open
        case replica(Int)
        case primary
    }

    private let positions: WritePositions
    private let choice = Mutex(Choice.open)

    /// - Parameter positions: What the client must see.
    package init(_ positions: WritePositions) { self.positions = positions }

    /// Reads from the primary whatever the request may do: for everything that outlives it, such as caches.
    package static func fromPrimary<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        guard current != nil else { return try await body() }
        return try await $current.withValue(nil) { try await body() }
    }

    /// The position that a replica must have replayed; nil if none will do.
    func required(of cluster: UInt32) -> WritePosition? { positions.required(of: cluster) }

    /// Where the request reads, decided once.
    /// - Parameter decide: The number of a replica; nil for the primary.
    func choose(_ decide: () -> Int?) -> Int? {
        choice.withLock { choice in
            if choice == .open { choice = decide().map { .replica($0) } ?? .primary }
            if case .replica(let index) = choice { return index }
            return nil
        }
    }

    /// The rest of the request reads from the primary.
    func usePrimary() { choice.withLock { $0 = .primary } }
}
