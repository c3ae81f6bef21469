import HummingbirdCore
import Logging
import NIOCore
import Synchronization

/// Connections of HTTP/1, of which one may come at the moment when the server ends.
///
/// The server takes connections from a sequence. What the sequence still holds when it ends is dropped, and a
/// `NIOAsyncChannel` that is dropped unused ends the process by a trap, in the midst of the requests that are being
/// finished (swift-nio issues 2637 and 2813).
struct HTTPConnections: ServerChildChannel {
    let http: HTTP1Channel

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTPConnection> {
        http.setup(channel: channel, logger: logger).map { HTTPConnection($0) }
    }

    func handle(value connection: HTTPConnection, logger: Logger) async {
        await http.handle(value: connection.serve(), logger: logger)
    }
}

/// A connection that is closed when nobody has served it.
final class HTTPConnection: ServerChildChannelValue {
    private let connection: HTTP1Channel.Value
    private let isServed = Atomic(false)

    init(_ connection: HTTP1Channel.Value) { self.connection = connection }

    var channel: any Channel { connection.channel }

    /// The connection, to be used and closed by the caller.
    func serve() -> HTTP1Channel.Value {
        isServed.store(true, ordering: .relaxed)
        return connection
    }

    deinit {
        guard !isServed.load(ordering: .relaxed) else { return }
        // Its client may be gone already; all that matters is that it ends.
        Task { [connection] in try? await connection.executeThenClose { _, _ in } }
    }
}
