import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A mail server on 127.0.0.1 that follows a script, whatever the client sends: one turn when a client connects, and
/// one for each command and message.
final class ScriptedMailServer: Sendable {
    enum Turn: Sendable {
        /// Bytes, with the line end added.
        case say(String)
        case sayAndHangUp(String)
        /// Bytes, then TLS.
        case sayAndStartTLS(String)
        /// A reply that grows and never ends.
        case trickle(String)
        case silence
        case hangUp
    }

    struct Record {
        /// Commands in order, without line ends.
        var commands: [String] = []
        /// The bytes between 354 and the end, with that.
        var message = ""
    }

    let port: Int
    /// Succeeds when the first connection is there, and when it is gone.
    let connected: EventLoopFuture<Void>
    let ended: EventLoopFuture<Void>
    private let channel: any Channel
    private let record: Recorder

    fileprivate final class Recorder: Sendable {
        let state = Mutex(Record())
    }

    var commands: [String] { record.state.withLock { $0.commands } }
    var message: String { record.state.withLock { $0.message } }

    /// Runs a server for as long as the body runs.
    static func run(
        _ script: [Turn], tls: NIOSSLContext? = nil, isImplicit: Bool = false,
        _ body: (ScriptedMailServer) async throws -> Void
    ) async throws {
        let server = try await ScriptedMailServer(script, tls: tls, isImplicit: isImplicit)
        do {
            try await body(server)
        } catch {
            try await server.channel.close()
            throw error
        }
        try await server.channel.close()
    }

    private init(_ script: [Turn], tls: NIOSSLContext?, isImplicit: Bool) async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let connected = eventLoop.makePromise(of: Void.self)
        let ended = eventLoop.makePromise(of: Void.self)
        let record = Recorder()
        channel = try await ServerBootstrap(group: eventLoop)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if isImplicit, let tls {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        Handler(script: script, tls: tls, record: record, connected: connected, ended: ended))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
        self.connected = connected.futureResult
        self.ended = ended.futureResult
        self.record = record
        // A server that nobody has come to leaves no promise behind.
        channel.closeFuture.whenComplete { _ in
            connected.succeed()
            ended.succeed()
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private var script: ArraySlice<Turn>
        private var unread = ""
        private var isMessage = false
        private let tls: NIOSSLContext?
        private let record: Recorder
        private let connected: EventLoopPromise<Void>
        private let ended: EventLoopPromise<Void>
        private var next: Scheduled<Void>?

        init(
            script: [Turn], tls: NIOSSLContext?, record: Recorder, connected: EventLoopPromise<Void>,
            ended: EventLoopPromise<Void>
        ) {
            self.script = script[...]
            self.tls = tls
            self.record = record
            self.connected = connected
            self.ended = ended
        }

        func channelActive(context: ChannelHandlerContext) {
            connected.succeed()
            turn(context)
            context.fireChannelActive()
        }

        func channelInactive(context: ChannelHandlerContext) {
            next?.cancel()
            ended.succeed()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            unread += String(buffer: unwrapInboundIn(data))
            while true {
                guard let end = unread.firstRange(of: isMessage ? "\r\n.\r\n" : "\r\n") else { return }
                let piece = isMessage ? String(unread[..<end.upperBound]) : String(unread[..<end.lowerBound])
                unread.removeSubrange(..<end.upperBound)
                record.state.withLock { state in
                    if isMessage { state.message += piece } else { state.commands.append(piece) }
                }
                isMessage = false
                turn(context)
            }
        }

        private func turn(_ context: ChannelHandlerContext) {
            switch script.popFirst() {
            case .say(let text): say(text, context)
            case .sayAndHangUp(let text):
                say(text, context)
                context.close(promise: nil)
            case .sayAndStartTLS(let text):
                say(text, context)
                guard let tls else { return context.close(promise: nil) }
                try? context.pipeline.syncOperations.addHandler(
                    NIOSSLServerHandler(context: tls), position: .before(self))
            case .trickle(let text): trickle(text, context)
            case .silence: break
            case .hangUp, nil: context.close(promise: nil)
            }
        }

        private func trickle(_ text: String, _ context: ChannelHandlerContext) {
            say(text, context)
            next = context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(10)) {
                self.trickle(text, context)
            }
        }

        private func say(_ text: String, _ context: ChannelHandlerContext) {
            isMessage = text.hasPrefix("354")
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text + "\r\n")), promise: nil)
        }
    }
}
