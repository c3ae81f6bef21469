import NIOCore
import Synchronization

/// A connection among all that are open.
final class OpenConnection: Sendable {
    let channel: any Channel
    /// The peer's network if its connections are counted; nil for trusted proxies.
    let network: String?
    /// Position in the order in which connections were accepted.
    let number: UInt64
    private let waiting = Atomic(true)

    init(channel: any Channel, network: String?, number: UInt64) {
        self.channel = channel
        self.network = network
        self.number = number
    }

    /// Whether no request is being answered: the head of the next one has not arrived completely.
    var isWaiting: Bool {
        get { waiting.load(ordering: .relaxed) }
        set { waiting.store(newValue, ordering: .relaxed) }
    }

    /// Closes the connection at once; what it still had to send is lost.
    func drop() { channel.close(promise: nil) }
}
