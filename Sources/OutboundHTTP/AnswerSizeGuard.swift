import NIOCore

/// The peer sent more than an answer may have.
struct AnswerTooLarge: Error {}

/// Closes a connection on which more bytes arrive between two writes than an answer may have. It counts everything: a
/// head without end, informational answers and trailers, too.
final class AnswerSizeGuard: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    static let maximumHeadSize = 64 << 10

    private let limit: Int
    private var received = 0

    private init(limit: Int) {
        self.limit = limit
    }

    /// Adds a guard next to the socket.
    static func add(to channel: any Channel, limit: Int) -> EventLoopFuture<Void> {
        channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(AnswerSizeGuard(limit: limit), position: .first)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += unwrapInboundIn(data).readableBytes
        guard received <= limit else {
            context.fireErrorCaught(AnswerTooLarge())
            context.close(promise: nil)
            return
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        received = 0
        context.write(data, promise: promise)
    }
}
