import StackTestSupport
import Synchronization

/// Loses the answers of PostgreSQL from one request on, which is recognized by a text in it: the client waits for ever in the middle
/// of its work, and does not know whether its request was carried out.
final class LostAnswers: Sendable {
    private struct State {
        var text: [UInt8]?
        var count = 0
    }

    private let state = Mutex(State())

    /// How many requests were recognized.
    var count: Int { state.withLock { $0.count } }

    /// Loses the answers to the next request with this text, on any connection, and all that follow on that connection.
    func lose(_ text: String) { state.withLock { $0.text = Array(text.utf8) } }

    /// An inspector for a proxy.
    func makeInspector() -> any TCPProxy.Inspector { Inspector(owner: self) }

    private func isSprung(by bytes: ArraySlice<UInt8>) -> Bool {
        state.withLock { state in
            guard let text = state.text, bytes.firstRange(of: text) != nil else { return false }
            state.text = nil
            state.count += 1
            return true
        }
    }

    private final class Inspector: TCPProxy.Inspector {
        private let owner: LostAnswers
        private let losesAnswers = Mutex(false)

        init(owner: LostAnswers) { self.owner = owner }

        func inspect(_ bytes: ArraySlice<UInt8>, _ direction: TCPProxy.Direction) -> TCPProxy.Verdict {
            switch direction {
            case .toServer:
                if owner.isSprung(by: bytes) { losesAnswers.withLock { $0 = true } }
                return .pass
            case .toClient: return losesAnswers.withLock { $0 } ? .discard : .pass
            }
        }
    }
}
