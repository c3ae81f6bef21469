import Synchronization

/// What this process knows of the attempts with messages. SQS itself counts receptions, for all processes.
final class AttemptMemory: Sendable {
    private struct State {
        var counts: [String: AttemptCount] = [:]
        /// The oldest first; may contain messages that were forgotten.
        var order: [String] = []
    }

    /// A bound for memory; a message that is forgotten is tried some more times.
    static let capacity = 10_000

    private let state = Mutex(State())

    /// The failed attempts with a message that is received; see ``AttemptCount/failures(receptions:maximumAttempts:)``.
    func failures(of message: IncomingMessage, maximumAttempts: Int) -> Int {
        let count = state.withLock { $0.counts[message.id] } ?? AttemptCount()
        return count.failures(receptions: message.receptions, maximumAttempts: maximumAttempts)
    }

    /// A handler has failed with the message.
    func failed(_ message: IncomingMessage) { update(message) { $0.failed(receipt: message.receipt) } }

    /// The message was given back without an attempt: something was away, the process stops, or there was no place.
    func returned(_ message: IncomingMessage) { update(message) { $0.returned(receipt: message.receipt) } }

    func forget(_ message: String) { state.withLock { $0.counts[message] = nil } }

    private func update(_ message: IncomingMessage, _ change: (inout AttemptCount) -> Void) {
        state.withLock { state in
            if state.counts[message.id] == nil {
                state.order.append(message.id)
                if state.order.count > 2 * Self.capacity {
                    for old in state.order.prefix(Self.capacity) { state.counts[old] = nil }
                    state.order.removeFirst(Self.capacity)
                }
            }
            change(&state.counts[message.id, default: AttemptCount()])
        }
    }
}
