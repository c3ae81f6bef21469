import Synchronization

/// The consumer groups of a service, known once its features are made.
final class ConsumerGroups: Sendable {
    private let names = Mutex<Set<String>>([])

    var all: Set<String> { names.withLock { $0 } }

    func add(_ groups: some Sequence<String>) { names.withLock { $0.formUnion(groups) } }
}
