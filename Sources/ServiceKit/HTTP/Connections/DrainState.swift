import Synchronization

/// Whether a service is about to end: from then on it is not ready, and each response is the last one of its connection.
final class DrainState: Sendable {
    private let begun = Atomic(false)

    var isDraining: Bool { begun.load(ordering: .relaxed) }

    func begin() { begun.store(true, ordering: .relaxed) }
}
