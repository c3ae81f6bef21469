import NIOCore
import NIOPosix
import Synchronization
import TestSupport

/// A connection over which a test sends exactly the bytes that it wants, and sees exactly what comes back.
package final class RawConnection: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var isClosed = false
    }

    private let state: Storage
    private let channel: any Channel

    private final class Storage: Sendable {
        let value = Mutex(State())
    }

    private init(_ channel: any Channel, state: Storage) {
        self.channel = channel
        self.state = state
    }

    /// Connects.
    /// - Parameters:
    ///   - from: The client's own address, such as 127.0.0.2; nil for the usual one.
    ///   - reads: False for a client that takes nothing until ``startReading()``, with a small buffer of the system.
    package static func open(
        port: Int, to host: String = "127.0.0.1", from: String? = nil, reads: Bool = true
    ) async throws -> RawConnection {
        let state = Storage()
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: reads).channelOption(.allowRemoteHalfClosure, value: true)
            .connectTimeout(.seconds(60))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(state))
                }
            }
        if !reads { bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: 16 * 1024) }
        if let from { bootstrap = bootstrap.bind(to: try SocketAddress(ipAddress: from, port: 0)) }
        let channel = try await bootstrap.connect(host: host, port: port).get()
        return RawConnection(channel, state: state)
    }

    /// Sends text as it is. What the other side no longer takes is lost.
    package func send(_ text: String) async { await send(Array(text.utf8)) }

    /// Sends bytes as they are.
    package func send(_ bytes: [UInt8]) async {
        try? await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    /// Starts to read on a connection that was opened without.
    package func startReading() async throws { try await channel.setOption(.autoRead, value: true).get() }

    /// Ends the sending side of the connection, so that the other side sees the end of what was sent.
    package func closeOutput() async { try? await channel.close(mode: .output).get() }

    /// Closes the connection.
    package func close() async { try? await channel.close().get() }

    /// What has come so far.
    package var received: String { state.value.withLock { String(decoding: $0.bytes, as: UTF8.self) } }

    /// Bytes that have come so far.
    package var receivedBytes: Int { state.value.withLock { $0.bytes.count } }

    /// Whether the other side has ended the connection or its half of it.
    package var isEnded: Bool { state.value.withLock { $0.isClosed } }

    /// Waits until what has come satisfies a condition.
    @discardableResult
    package func until(_ what: String, _ isThere: (String) -> Bool) async throws -> String {
        do {
            return try await eventually(what, every: .milliseconds(5)) { () -> String? in
                let text = received
                return isThere(text) ? text : nil
            }
        } catch { throw TestFailure("\(error); received: \(received.prefix(2000))") }
    }

    /// Waits until a text has come.
    @discardableResult
    package func until(_ text: String) async throws -> String { try await until(text) { $0.contains(text) } }

    /// Waits until the other side has ended the connection, and gives all that came.
    package func untilEnded() async throws -> String {
        try await eventually("the connection is ended", every: .milliseconds(5)) { isEnded }
        return received
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        let state: Storage

        init(_ state: Storage) { self.state = state }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            state.value.withLock { $0.bytes.append(contentsOf: buffer.readableBytesView) }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case .some(.inputClosed) = event as? ChannelEvent { state.value.withLock { $0.isClosed = true } }
            context.fireUserInboundEventTriggered(event)
        }

        func channelInactive(context: ChannelHandlerContext) {
            state.value.withLock { $0.isClosed = true }
            context.fireChannelInactive()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            // A reset by the other side.
            context.close(promise: nil)
        }
    }
}
