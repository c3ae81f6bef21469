import NIOCore
import NIOPosix
import Synchronization

/// A server that answers every connection with bytes of the test's choice, whatever is asked.
final class RawServer: Sendable {
    /// What a connection does when the request arrives.
    enum Behavior: Sendable {
        /// Sends the text and keeps the connection open.
        case send(String)
        /// Sends the text and closes the connection.
        case sendAndClose(String)
        /// Sends the first text, then the second one again and again, with a pause between.
        case drip(String, then: String)
        /// Sends the first text, then the second one many times a millisecond.
        case flood(String, then: String)
    }

    private let connections = Mutex(0)
    let behavior: Behavior

    private init(_ behavior: Behavior) { self.behavior = behavior }

    /// How many connections sent something.
    var requestCount: Int { connections.withLock { $0 } }

    /// Runs a server on a free port for the length of the body.
    static func run(
        _ behavior: Behavior, _ body: (_ server: RawServer, _ url: String) async throws -> Void
    ) async throws {
        let server = RawServer(behavior)
        // Its own thread, so that a flood takes nothing from the client.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(server: server))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(server, "http://127.0.0.1:\(channel.localAddress?.port ?? 0)"))
        } catch {
            outcome = .failure(error)
        }
        try? await channel.close()
        try await group.shutdownGracefully()
        try outcome.get()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        let server: RawServer
        var hasBegun = false

        init(server: RawServer) { self.server = server }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard !hasBegun else { return }
            hasBegun = true
            server.connections.withLock { $0 += 1 }
            switch server.behavior {
            case .send(let text): write(text, context)
            case .sendAndClose(let text):
                write(text, context)
                context.close(promise: nil)
            case .drip(let first, let next):
                write(first, context)
                repeatedly(next, context, pause: .milliseconds(20))
            case .flood(let first, let next):
                write(first, context)
                repeatedly(String(repeating: next, count: 100), context, pause: .milliseconds(1))
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        private func write(_ text: String, _ context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        }

        private func repeatedly(_ text: String, _ context: ChannelHandlerContext, pause: TimeAmount) {
            guard context.channel.isActive else { return }
            if context.channel.isWritable { write(text, context) }
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            context.eventLoop.scheduleTask(in: pause) {
                let (handler, context) = bound.value
                handler.repeatedly(text, context, pause: pause)
            }
        }
    }
}
