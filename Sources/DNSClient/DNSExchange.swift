import NIOCore
import NIOPosix

/// One query to one server, and its answer.
enum DNSExchange {
    enum Transport {
        case udp
        case tcp
    }

    /// Sends a query on a new socket and waits for the answer to it.
    static func run(
        _ query: DNSQuery, with server: SocketAddress, over transport: Transport, until deadline: NIODeadline
    ) async throws(DNSError) -> DNSAnswer {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let outcome = loop.makePromise(of: DNSAnswer.self)
        let timer = loop.scheduleTask(deadline: deadline) { outcome.fail(DNSError.timedOut) }
        outcome.futureResult.whenComplete { _ in timer.cancel() }
        let connection =
            switch transport {
            case .udp:
                DatagramBootstrap(group: loop)
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(DatagramHandler(query, outcome))
                        }
                    }
                    // The kernel passes on only what this address has sent.
                    .connect(to: server)
            case .tcp:
                ClientBootstrap(group: loop)
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(StreamHandler(query, outcome))
                        }
                    }
                    .connect(to: server)
            }
        connection.whenComplete { result in
            switch result {
            case .success(let channel): outcome.futureResult.whenComplete { _ in channel.close(promise: nil) }
            case .failure: outcome.fail(DNSError.unreachable)
            }
        }
        do {
            return try await withTaskCancellationHandler {
                try await outcome.futureResult.get()
            } onCancel: {
                outcome.fail(DNSError.cancelled)
            }
        } catch {
            throw error as? DNSError ?? .unreachable
        }
    }

    /// Waits for the datagram that answers the query and ignores all others, because anybody can send one.
    private final class DatagramHandler: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>
        typealias OutboundOut = ByteBuffer

        private let query: DNSQuery
        private let outcome: EventLoopPromise<DNSAnswer>

        init(_ query: DNSQuery, _ outcome: EventLoopPromise<DNSAnswer>) {
            self.query = query
            self.outcome = outcome
        }

        func channelActive(context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: query.message)), promise: nil)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            do {
                let message = Array(unwrapInboundIn(data).data.readableBytesView)
                if let answer = try query.answer(in: message) { outcome.succeed(answer) }
            } catch {
                outcome.fail(error)
            }
        }

        func channelInactive(context: ChannelHandlerContext) { outcome.fail(DNSError.unreachable) }

        /// Usually no server listens at the address.
        func errorCaught(context: ChannelHandlerContext, error: any Error) { outcome.fail(DNSError.unreachable) }
    }

    /// Reads the only message of the connection, which follows its length (RFC 1035 section 4.2.2).
    private final class StreamHandler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let query: DNSQuery
        private let outcome: EventLoopPromise<DNSAnswer>
        private var received = ByteBuffer()

        init(_ query: DNSQuery, _ outcome: EventLoopPromise<DNSAnswer>) {
            self.query = query
            self.outcome = outcome
        }

        func channelActive(context: ChannelHandlerContext) {
            let message = query.message
            var buffer = ByteBuffer()
            buffer.writeInteger(UInt16(truncatingIfNeeded: message.count))
            buffer.writeBytes(message)
            context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        }

        /// At most 64 KiB are kept, because the length has two bytes.
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received.writeImmutableBuffer(unwrapInboundIn(data))
            guard let length = received.getInteger(at: received.readerIndex, as: UInt16.self),
                let message = received.getBytes(at: received.readerIndex + 2, length: Int(length))
            else { return }
            do {
                guard let answer = try query.answer(in: message) else { throw DNSError.malformed }
                outcome.succeed(answer)
            } catch {
                outcome.fail(error)
            }
        }

        func channelInactive(context: ChannelHandlerContext) { outcome.fail(DNSError.malformed) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { outcome.fail(DNSError.unreachable) }
    }
}
