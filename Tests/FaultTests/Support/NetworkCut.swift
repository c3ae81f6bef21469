import StackTestSupport
import Synchronization

/// A network between a node and a server in which packets can get lost: connections stay open, and nobody is informed.
final class NetworkCut: Sendable {
    private let isSilent = Mutex(false)

    func setSilent(_ isSilent: Bool) { self.isSilent.withLock { $0 = isSilent } }

    /// An inspector for a proxy.
    func makeInspector() -> any TCPProxy.Inspector { Inspector(cut: self) }

    private struct Inspector: TCPProxy.Inspector {
        let cut: NetworkCut

        func inspect(_ bytes: ArraySlice<UInt8>, _ direction: TCPProxy.Direction) -> TCPProxy.Verdict {
            cut.isSilent.withLock { $0 } ? .discard : .pass
        }
    }
}
