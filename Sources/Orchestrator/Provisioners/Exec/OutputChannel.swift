import Synchronization

/// What a program writes, on its way to a reader that may be slower: bytes that neither side holds more of than it can take.
final class OutputChannel: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var isFinished = false
        /// The reader, and how many bytes it waits for.
        var reader: (wanted: Int, continuation: CheckedContinuation<Void, Never>)?

        /// The reader, if it has to go on.
        mutating func awakened() -> CheckedContinuation<Void, Never>? {
            guard let reader, isFinished || bytes.count >= reader.wanted else { return nil }
            self.reader = nil
            return reader.continuation
        }
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// - Parameter capacity: Bytes from which on nothing more is taken from the program.
    init(capacity: Int = 1 << 20) { self.capacity = capacity }

    /// Whether more is taken from the program.
    var hasRoom: Bool { state.withLock { $0.bytes.count < capacity } }

    /// Adds what the program wrote.
    func put(_ bytes: [UInt8]) {
        let reader = state.withLock { state in
            state.bytes += bytes
            return state.awakened()
        }
        reader?.resume()
    }

    /// Nothing more will come.
    func finish() {
        let reader = state.withLock { state in
            state.isFinished = true
            return state.awakened()
        }
        reader?.resume()
    }

    /// The next bytes, fewer only at the end; nil after it. For one reader.
    /// - Parameter count: At most the capacity.
    func next(_ count: Int) async -> [UInt8]? {
        while true {
            let (isThere, bytes) = state.withLock { state -> (Bool, [UInt8]?) in
                guard state.isFinished || state.bytes.count >= count else { return (false, nil) }
                guard !state.bytes.isEmpty else { return (true, nil) }
                let bytes = Array(state.bytes.prefix(count))
                state.bytes.removeFirst(bytes.count)
                return (true, bytes)
            }
            if isThere { return bytes }
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    guard !state.isFinished, state.bytes.count < count else { return true }
                    state.reader = (count, continuation)
                    return false
                }
                if isThere { continuation.resume() }
            }
        }
    }
}
