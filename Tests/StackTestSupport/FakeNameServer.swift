import NIOCore
import NIOPosix
import PostgresTestSupport
import Synchronization

/// A recursive name server that knows the TXT records that a test publishes, over UDP and TCP on one port of this machine.
package final class FakeNameServer: Sendable {
    package enum Behavior: Sendable, Hashable {
        /// Answers; names without records do not exist.
        case answer
        /// Returns this RCODE.
        case fail(UInt8)
        /// Receives queries and says nothing.
        case silence
        /// Says nothing to the first query.
        case silenceOnce
        /// Sends the records with another id, then for another name, then from another port, and last that there are none.
        case forge
        /// Cuts off every answer over UDP.
        case truncate
        /// Cuts off every answer over UDP, and sends half of it over TCP.
        case truncateAndStall
        /// Sends bytes that are no answer after the head of one.
        case garble
    }

    private struct State {
        var behavior = Behavior.answer
        var texts: [String: [[String]]] = [:]
        var aliases: [String: String] = [:]
        var datagrams = 0
        var connections = 0
    }

    private let state = Mutex(State())
    package let port: Int

    /// The value of `DNS_RESOLVER`.
    package var address: String { "127.0.0.1:\(port)" }
    package var datagrams: Int { state.withLock { $0.datagrams } }
    package var connections: Int { state.withLock { $0.connections } }

    package func behave(_ behavior: Behavior) { state.withLock { $0.behavior = behavior } }

    /// Publishes TXT records, each of one or more strings, in place of those that the name had.
    package func publish(_ name: String, _ records: [[String]]) {
        state.withLock { $0.texts[name] = records }
    }

    package func publish(_ name: String, aliasOf target: String) {
        state.withLock { $0.aliases[name] = target }
    }

    /// Runs a server for the length of the body.
    package static func run(_ body: (FakeNameServer) async throws -> Void) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let box = Box()
        let outcome: Result<Void, any Error>
        do {
            let (port, channels) = try await bind(on: group, for: box)
            let server = FakeNameServer(port: port)
            box.server.withLock { $0 = server }
            do { outcome = .success(try await body(server)) } catch { outcome = .failure(error) }
            for channel in channels { try? await channel.close() }
        } catch {
            try await group.shutdownGracefully()
            throw error
        }
        try await group.shutdownGracefully()
        try outcome.get()
    }

    private init(port: Int) { self.port = port }

    /// Binds a port that is free for TCP and UDP, and another one for UDP.
    private static func bind(
        on group: MultiThreadedEventLoopGroup, for box: Box
    ) async throws -> (port: Int, channels: [any Channel]) {
        let other = try await DatagramBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        for _ in 0..<50 {
            let stream = try await ServerBootstrap(group: group)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(StreamHandler(box))
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            let port = stream.localAddress?.port ?? 0
            do {
                let datagram = try await DatagramBootstrap(group: group)
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(DatagramHandler(box, other: other))
                        }
                    }
                    .bind(host: "127.0.0.1", port: port).get()
                return (port, [stream, datagram, other])
            } catch {
                try await stream.close()
            }
        }
        throw TestFailure("no port that is free for UDP and TCP")
    }

    /// Where the handlers find their server, which exists after them.
    private final class Box: Sendable {
        let server = Mutex<FakeNameServer?>(nil)
    }

    // MARK: Answers

    /// What is sent over UDP, in order, and whether from the other port.
    private func datagrams(for query: [UInt8]) -> [(message: [UInt8], isFromOtherPort: Bool)] {
        let (behavior, number) = state.withLock { state in
            state.datagrams += 1
            return (state.behavior, state.datagrams)
        }
        let answer = answer(to: query)
        switch behavior {
        case .answer: return [(answer, false)]
        case .fail(let code): return [(header(of: query, code: code) + question(of: query), false)]
        case .silence: return []
        case .silenceOnce: return number == 1 ? [] : [(answer, false)]
        case .truncate, .truncateAndStall:
            return [(header(of: query, isTruncated: true) + question(of: query), false)]
        case .garble:
            return [(header(of: query, count: 5) + question(of: query) + [0xC0, 0xFF, 0, 16, 0, 1, 0xFF], false)]
        case .forge:
            var otherID = answer
            otherID[0] ^= 0x55
            var otherName = answer
            otherName[13] = UInt8(ascii: "x")
            let none = header(of: query, code: 3) + question(of: query)
            return [(otherID, false), (otherName, false), (answer, true), (none, false)]
        }
    }

    /// What is sent over TCP, without its length.
    private func message(for query: [UInt8]) -> (message: [UInt8], isWhole: Bool) {
        let behavior = state.withLock { state in
            state.connections += 1
            return state.behavior
        }
        return (answer(to: query), behavior != .truncateAndStall)
    }

    private func answer(to query: [UInt8]) -> [UInt8] {
        let (texts, aliases) = state.withLock { ($0.texts, $0.aliases) }
        var name = Self.name(of: query)
        var records: [UInt8] = []
        var count = 0
        func add(_ type: UInt8, _ data: [UInt8]) {
            records +=
                Self.wireFormat(name) + [0, type, 0, 1, 0, 0, 0, 60, UInt8(data.count >> 8), UInt8(data.count & 0xFF)]
            records += data
            count += 1
        }
        while let target = aliases[name], count < 20 {
            add(5, Self.wireFormat(target))
            name = target
        }
        for strings in texts[name] ?? [] {
            add(16, strings.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) })
        }
        return header(of: query, code: count == 0 ? 3 : 0, count: count) + question(of: query) + records
    }

    private func header(of query: [UInt8], code: UInt8 = 0, count: Int = 0, isTruncated: Bool = false) -> [UInt8] {
        [
            query[0], query[1], isTruncated ? 0x83 : 0x81, 0x80 | code, 0, 1, UInt8(count >> 8), UInt8(count & 0xFF), 0,
            0,
            0, 0,
        ]
    }

    private func question(of query: [UInt8]) -> [UInt8] { Array(query[12...]) }

    private static func name(of query: [UInt8]) -> String {
        var labels: [String] = []
        var position = 12
        while position < query.count, query[position] > 0 {
            let end = position + 1 + Int(query[position])
            labels.append(String(decoding: query[position + 1..<end], as: UTF8.self))
            position = end
        }
        return labels.joined(separator: ".").lowercased()
    }

    private static func wireFormat(_ name: String) -> [UInt8] {
        name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    // MARK: Channels

    private final class DatagramHandler: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>
        typealias OutboundOut = AddressedEnvelope<ByteBuffer>

        let box: Box
        let other: any Channel

        init(_ box: Box, other: any Channel) {
            self.box = box
            self.other = other
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let envelope = unwrapInboundIn(data)
            let query = Array(envelope.data.readableBytesView)
            guard query.count > 12, let server = box.server.withLock({ $0 }) else { return }
            for (message, isFromOtherPort) in server.datagrams(for: query) {
                let answer = AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: ByteBuffer(bytes: message))
                if isFromOtherPort {
                    other.writeAndFlush(answer, promise: nil)
                } else {
                    context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
                }
            }
        }
    }

    private final class StreamHandler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        let box: Box
        var received = ByteBuffer()

        init(_ box: Box) { self.box = box }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received.writeImmutableBuffer(unwrapInboundIn(data))
            guard let length = received.getInteger(at: received.readerIndex, as: UInt16.self),
                let query = received.getBytes(at: received.readerIndex + 2, length: Int(length)),
                let server = box.server.withLock({ $0 })
            else { return }
            let (message, isWhole) = server.message(for: query)
            var buffer = ByteBuffer(integer: UInt16(message.count))
            buffer.writeBytes(isWhole ? message : Array(message.prefix(message.count / 2)))
            // In two parts, as a network may deliver it.
            let second = buffer.readableBytes / 2
            guard let first = buffer.readSlice(length: buffer.readableBytes - second) else { return }
            context.writeAndFlush(wrapOutboundOut(first), promise: nil)
            context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        }
    }
}
