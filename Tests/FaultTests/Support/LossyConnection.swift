import StackTestSupport
import Synchronization

/// Loses the connection to PostgreSQL at one request, which is recognized by a text among its parameters.
final class LossyConnection: Sendable {
    /// When the connection is lost.
    enum Moment: Sendable {
        /// Before the request reaches the server.
        case beforeTheRequest
        /// When the server has answered, so after its commit, and before the answer reaches the client.
        case beforeTheAnswer
    }

    private let trap = Mutex<(text: [UInt8], moment: Moment)?>(nil)
    private let losses = Mutex(0)

    /// How many connections were lost.
    var lossCount: Int { losses.withLock { $0 } }

    /// Loses the connection of the next request with this text, once.
    func lose(_ text: String, _ moment: Moment) { trap.withLock { $0 = (Array(text.utf8), moment) } }

    /// An inspector for a proxy.
    func makeInspector() -> any TCPProxy.Inspector { Inspector(owner: self) }

    /// The moment of the trap that the bytes have sprung.
    private func sprung(by bytes: ArraySlice<UInt8>) -> Moment? {
        trap.withLock { trap in
            guard let (text, moment) = trap, bytes.firstRange(of: text) != nil else { return nil }
            trap = nil
            return moment
        }
    }

    private final class Inspector: TCPProxy.Inspector {
        private let owner: LossyConnection
        private let losesAnswer = Mutex(false)
        /// The last bytes of the answer, which may arrive in pieces.
        private let end = Mutex<[UInt8]>([])

        init(owner: LossyConnection) { self.owner = owner }

        func inspect(_ bytes: ArraySlice<UInt8>, _ direction: TCPProxy.Direction) -> TCPProxy.Verdict {
            switch direction {
            case .toServer:
                guard let moment = owner.sprung(by: bytes) else { return .pass }
                if moment == .beforeTheRequest {
                    owner.losses.withLock { $0 += 1 }
                    return .cut
                }
                losesAnswer.withLock { $0 = true }
                return .pass
            case .toClient:
                guard losesAnswer.withLock({ $0 }) else { return .pass }
                // ReadyForQuery, outside of a transaction: what was asked for is committed.
                let end = end.withLock { end in
                    end = Array((end + bytes).suffix(6))
                    return end
                }
                guard end == [UInt8(ascii: "Z"), 0, 0, 0, 5, UInt8(ascii: "I")] else { return .discard }
                owner.losses.withLock { $0 += 1 }
                return .cut
            }
        }
    }
}
