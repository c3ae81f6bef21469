package import NIOCore
package import NIOHTTP1
import NIOPosix
import Synchronization
import TestSupport

/// An HTTP server at 127.0.0.1 that answers as a script says, and remembers what it was asked.
package final class ScriptedServer: Sendable {
    /// A request with all that was sent.
    package struct Request: Sendable {
        package let method: HTTPMethod
        package let uri: String
        package let headers: HTTPHeaders
        package let body: String
    }

    /// What it answers.
    package struct Answer: Sendable {
        package var status: Int
        package var headers: [(String, String)]
        package var body: String
        /// Whether the connection is closed without an answer.
        package var isLost = false

        package init(_ status: Int, headers: [(String, String)] = [], _ body: String = "") {
            self.status = status
            self.headers = headers
            self.body = body
        }
    }

    /// - Parameter number: How many requests there were before.
    package typealias Script = @Sendable (_ request: Request, _ number: Int) async -> Answer

    private let seen = Mutex<[Request]>([])
    private let script: Script

    private init(_ script: @escaping Script) { self.script = script }

    /// All requests, in the order in which they were complete.
    package var requests: [Request] { seen.withLock { $0 } }

    /// Runs a server on a free port for the length of the body.
    package static func run<Value>(
        _ script: @escaping Script, _ body: (_ server: ScriptedServer, _ url: String) async throws -> Value
    ) async throws -> Value {
        let server = ScriptedServer(script)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(server: server))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return try await withCleanup {
            try await body(server, "http://127.0.0.1:\(channel.localAddress?.port ?? 0)")
        } cleanup: {
            try? await channel.close()
        }
    }

    fileprivate func answer(to request: Request) async -> Answer {
        let number = seen.withLock { seen in
            seen.append(request)
            return seen.count - 1
        }
        return await script(request, number)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        let server: ScriptedServer
        var head: HTTPRequestHead?
        var body = ""

        init(server: ScriptedServer) { self.server = server }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                body = ""
            case .body(let part): body += String(buffer: part)
            case .end:
                guard let head else { return }
                let request = Request(method: head.method, uri: head.uri, headers: head.headers, body: body)
                let channel = context.channel
                let server = server
                Task {
                    let answer = await server.answer(to: request)
                    await Handler.write(answer, to: channel)
                }
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        private static func write(_ answer: Answer, to channel: any Channel) async {
            guard !answer.isLost else {
                try? await channel.close()
                return
            }
            var headers = HTTPHeaders(answer.headers)
            headers.replaceOrAdd(name: "content-length", value: "\(answer.body.utf8.count)")
            let head = HTTPResponseHead(
                version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status), headers: headers)
            channel.write(HTTPServerResponsePart.head(head), promise: nil)
            channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: answer.body))), promise: nil)
            try? await channel.writeAndFlush(HTTPServerResponsePart.end(nil))
        }
    }
}
