import Synchronization

/// How often handlers of this process have failed with a message. SQS counts receptions only, and an outage is many of them
/// that are no attempts.
final class AttemptMemory: Sendable {
    private struct Failures {
        var count: Int
        /// The reception of the last one, which is counted once however often it is reported.
        var receipt: String
    }

    private struct State {
        var failures: [String: Failures] = [:]
        /// The oldest first; may contain messages that were forgotten.
        var order: [String] = []
    }

    /// A bound for memory; a message that is forgotten is tried some more times.
    static let capacity = 10_000

    private let state = Mutex(State())

    func failures(of message: String) -> Int { state.withLock { $0.failures[message]?.count ?? 0 } }

    func failed(_ message: IncomingMessage) {
        state.withLock { state in
            guard let known = state.failures[message.id] else {
                state.failures[message.id] = Failures(count: 1, receipt: message.receipt)
                state.order.append(message.id)
                if state.order.count > 2 * Self.capacity {
                    for old in state.order.prefix(Self.capacity) { state.failures[old] = nil }
                    state.order.removeFirst(Self.capacity)
                }
                return
            }
            guard known.receipt != message.receipt else { return }
            state.failures[message.id] = Failures(count: known.count + 1, receipt: message.receipt)
        }
    }

    func forget(_ message: String) { state.withLock { $0.failures[message] = nil } }
}
