import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// Connections of HTTP/1 within ``RequestLimits``.
///
/// The server takes connections from a sequence. What the sequence still holds when the server ends is dropped, and a
/// `NIOAsyncChannel` that is dropped unused ends the process by a trap, in the midst of the requests that are being
/// finished (swift-nio issues 2637 and 2813). An error of the setup would end the sequence and with it the server, so
/// the setup never fails: a connection that cannot be set up is refused.
struct HTTPConnections: ServerChildChannel {
    private let http: HTTP1Channel
    private let limits: RequestLimits
    private let table: ConnectionTable
    private let unsent: UnsentAnswers
    private let refusals: HeadRefusals
    private let drain: DrainState

    init(
        limits: RequestLimits, table: ConnectionTable, unsent: UnsentAnswers, refusals: HeadRefusals, drain: DrainState,
        responder: @escaping HTTPChannelHandler.Responder
    ) {
        http = HTTP1Channel(
            responder: responder,
            configuration: HTTP1Channel.Configuration(
                idleTimeout: TimeAmount(limits.idleTimeout),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: limits.maximumHeadSize, maxHeaderListSize: limits.maximumHeadSize)))
        self.limits = limits
        self.table = table
        self.unsent = unsent
        self.refusals = refusals
        self.drain = drain
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTPConnection> {
        guard let admitted = table.admit(channel) else {
            channel.close(promise: nil)
            return channel.eventLoop.makeSucceededFuture(HTTPConnection(refused: channel))
        }
        channel.closeFuture.whenComplete { [table] _ in table.remove(admitted) }
        return http.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let connection = HTTPConnection(value, of: admitted)
            try addGuards(to: channel, connection: admitted, logger: logger)
            return connection
        }.flatMapErrorThrowing { _ in
            channel.close(promise: nil)
            return HTTPConnection(refused: channel)
        }
    }

    private func addGuards(to channel: any Channel, connection: OpenConnection, logger: Logger) throws {
        let pipeline = channel.pipeline.syncOperations
        let bytes = ConnectionGuard(limits: limits, connection: connection, unsent: unsent, logger: logger)
        let requests = RequestGuard(connection: bytes, refusals: refusals, drain: drain, limits: limits)
        let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
        try pipeline.addHandler(requests, position: .after(decoder))
        try pipeline.addHandler(bytes, position: .first)
    }

    func handle(value connection: HTTPConnection, logger: Logger) async {
        guard let (open, channel) = connection.serve() else { return }
        await open.handlingRequests { await http.handle(value: channel, logger: logger) }
    }
}

/// A connection that is closed if it is never served.
final class HTTPConnection: ServerChildChannelValue {
    let channel: any Channel
    /// Nil for a connection that was refused and closed.
    private let admitted: (open: OpenConnection, channel: HTTP1Channel.Value)?
    private let isServed = Atomic(false)

    init(_ channel: HTTP1Channel.Value, of connection: OpenConnection) {
        admitted = (connection, channel)
        self.channel = connection.channel
    }

    init(refused channel: any Channel) {
        admitted = nil
        self.channel = channel
    }

    /// The connection, to be used and closed by the caller; nil for a refused one.
    func serve() -> (OpenConnection, HTTP1Channel.Value)? {
        isServed.store(true, ordering: .relaxed)
        return admitted
    }

    deinit {
        guard let channel = admitted?.channel, !isServed.load(ordering: .relaxed) else { return }
        // Its client may have disconnected already; it only has to be closed.
        Task { try? await channel.executeThenClose { _, _ in } }
    }
}
