import NIOCore
import NIOEmbedded
import Testing

@testable import RedisClient

/// The real handler on a channel without a socket and with a clock that the test moves.
private final class Fixture {
    let channel = EmbeddedChannel()
    let queue: CommandQueue
    let outcomes = Recorder<String>()
    private(set) var events: [String] = []
    private(set) var handler: RedisChannelHandler?
    private var ticket: UInt64 = 0

    init(setup: [SetupCommand] = [], greet: Bool = true, limits: RESPLimits = RESPLimits(), mustBeMaster: Bool = false)
        throws
    {
        queue = CommandQueue(maximumWaiting: 100, maximumBufferedBytes: 1 << 20)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let handler = RedisChannelHandler(
            queue: queue, handshake: Handshake(credentials: nil, clientName: nil, database: 0, setup: setup),
            settings: .init(
                limits: limits, handshakeDeadline: channel.embeddedEventLoop.now + .seconds(1),
                commandTimeout: .seconds(2), keepAliveInterval: .seconds(10), mustBeMaster: mustBeMaster),
            events: .init(
                ready: { [unowned self] in events.append("ready") },
                push: { [unowned self] in events.append("push \($0.compactMap(\.text).joined(separator: " "))") },
                ended: { [unowned self] failure in
                    events.append("ended \(failure)")
                    queue.withPipeline { $0.fail(failure, now: channel.embeddedEventLoop.now) }.resume()
                }))
        self.handler = handler
        try channel.pipeline.syncOperations.addHandler(handler)
        _ = queue.withPipeline { $0.beginConnecting() }
        handler.start()
        if greet {
            _ = try written()
            try receive("%1\r\n+proto\r\n:3\r\n")
        }
    }

    /// Gives a command as a task would, but does not run the loop.
    @discardableResult
    func give(_ name: String) -> UInt64 {
        ticket += 1
        let deadline = channel.embeddedEventLoop.now + .seconds(2)
        let recorder = outcomes
        let waiter = CommandQueue.Waiter.callback { outcome in
            switch outcome {
            case .value(let value): recorder.record("\(name)=\(value.text ?? "\(value)")")
            case .values(let values): recorder.record("\(name)=\(values.count)")
            case .failure(let error): recorder.record("\(name)!\(error)")
            }
        }
        let ticket = ticket
        queue.withPipeline {
            _ = $0.enqueue(.reply, waiter: waiter, ticket: ticket, deadline: deadline) { $0.writeString("<\(name)>") }
        }
        return ticket
    }

    func receive(_ text: String) throws { try channel.writeInbound(ByteBuffer(string: text)) }

    func written() throws -> String? { try channel.readOutbound(as: ByteBuffer.self).map { String(buffer: $0) } }

    func advance(seconds: Int64) { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }
}

@Suite struct RedisChannelHandlerTests {
    @Test func `the greeting is sent before anything else`() throws {
        let fixture = try Fixture(greet: false)
        fixture.give("a")
        fixture.handler?.flush()
        #expect(try fixture.written() == "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n")
        #expect(try fixture.written() == nil)
        try fixture.receive("%1\r\n+proto\r\n:3\r\n")
        #expect(fixture.events == ["ready"])
        #expect(try fixture.written() == "<a>")
    }

    @Test func `the connection ends when the greeting is refused`() throws {
        let fixture = try Fixture(greet: false)
        fixture.give("a")
        let error = RedisServerError(code: .authenticationRequired, message: "x")
        try fixture.receive("-NOAUTH x\r\n")
        #expect(fixture.events == ["ended \(RedisConnectionFailure.handshake(error))"])
        #expect(fixture.outcomes.values == ["a!\(RedisError.notConnected(.handshake(error)))"])
        #expect(!fixture.channel.isActive)
    }

    @Test func `the connection ends when the greeting takes too long`() throws {
        let fixture = try Fixture(greet: false)
        fixture.advance(seconds: 1)
        #expect(fixture.events == ["ended \(RedisConnectionFailure.connectTimeout)"])
    }

    @Test func `all waiting commands are written at once`() throws {
        let fixture = try Fixture()
        for name in ["a", "b", "c"] { fixture.give(name) }
        fixture.handler?.flush()
        #expect(try fixture.written() == "<a><b><c>")
        #expect(try fixture.written() == nil)
        fixture.give("d")
        fixture.handler?.flush()
        #expect(try fixture.written() == "<d>")
    }

    @Test func `replies are matched in order, however the bytes arrive`() throws {
        let fixture = try Fixture()
        for name in ["a", "b", "c"] { fixture.give(name) }
        fixture.handler?.flush()
        for byte in "+1\r\n-ERR no\r\n$1\r\n3\r\n" { try fixture.receive(String(byte)) }
        let error = RedisError.server(.init(code: .generic, message: "no"))
        #expect(fixture.outcomes.values == ["a=1", "b!\(error)", "c=3"])
    }

    @Test func `pushes are kept apart from replies`() throws {
        let fixture = try Fixture()
        fixture.give("a")
        fixture.handler?.flush()
        try fixture.receive(">2\r\n+invalidate\r\n*1\r\n+k\r\n+1\r\n>3\r\n+message\r\n+c\r\n+m\r\n")
        #expect(fixture.outcomes.values == ["a=1"])
        #expect(fixture.events == ["ready", "push invalidate", "push message c m"])
    }

    @Test func `a master that refuses writes is left, and a server that need not be a master is kept`() throws {
        let refusal = RedisError.server(.init(code: .readOnly, message: "no"))
        for mustBeMaster in [true, false] {
            let fixture = try Fixture(mustBeMaster: mustBeMaster)
            for name in ["a", "b"] { fixture.give(name) }
            fixture.handler?.flush()
            try fixture.receive("-READONLY no\r\n")
            #expect(fixture.outcomes.values.contains("a!\(refusal)"))
            #expect(
                fixture.events == (mustBeMaster ? ["ready", "ended \(RedisConnectionFailure.notMaster)"] : ["ready"]))
        }
    }

    @Test func `the connection waits for the subscriptions of its greeting`() throws {
        let fixture = try Fixture(setup: [SetupCommand(arguments: ["SUBSCRIBE", "c"], confirmations: 1)])
        #expect(fixture.events.isEmpty)
        try fixture.receive(">3\r\n+subscribe\r\n+c\r\n:1\r\n")
        #expect(fixture.events == ["push subscribe c", "ready"])
    }

    @Test func `the connection ends when the oldest command is due`() throws {
        let fixture = try Fixture()
        fixture.give("a")
        fixture.handler?.flush()
        fixture.advance(seconds: 1)
        fixture.give("b")
        fixture.handler?.flush()
        try fixture.receive("+1\r\n")
        fixture.advance(seconds: 1)  // the deadline of a, which is answered
        #expect(fixture.events == ["ready"])
        fixture.give("c")
        fixture.handler?.flush()
        fixture.advance(seconds: 1)  // the deadline of b
        #expect(
            fixture.outcomes.values == [
                "a=1", "b!\(RedisError.timeout)", "c!\(RedisError.connectionLost(.unresponsive))",
            ]
        )
        #expect(!fixture.channel.isActive)
    }

    @Test func `a canceled command keeps its deadline`() throws {
        let fixture = try Fixture()
        let ticket = fixture.give("a")
        fixture.handler?.flush()
        fixture.queue.cancel(ticket: ticket)
        #expect(fixture.outcomes.values == ["a!\(RedisError.cancelled)"])
        fixture.advance(seconds: 2)
        #expect(fixture.events.last == "ended \(RedisConnectionFailure.unresponsive)")
        #expect(fixture.outcomes.values.count == 1)
    }

    @Test func `the reply to a canceled command is dropped`() throws {
        let fixture = try Fixture()
        let ticket = fixture.give("a")
        fixture.give("b")
        fixture.handler?.flush()
        fixture.queue.cancel(ticket: ticket)
        try fixture.receive("+1\r\n+2\r\n")
        #expect(fixture.outcomes.values == ["a!\(RedisError.cancelled)", "b=2"])
        #expect(fixture.channel.isActive)
    }

    @Test func `a silent connection is probed`() throws {
        let fixture = try Fixture()
        fixture.advance(seconds: 10)  // something came in this interval: the greeting
        #expect(try fixture.written() == nil)
        fixture.advance(seconds: 10)
        #expect(try fixture.written() == "*1\r\n$4\r\nPING\r\n")
        try fixture.receive("+PONG\r\n")
        fixture.advance(seconds: 10)
        #expect(try fixture.written() == nil)
        fixture.advance(seconds: 10)
        #expect(try fixture.written() == "*1\r\n$4\r\nPING\r\n")
        fixture.advance(seconds: 2)
        #expect(fixture.events == ["ready", "ended \(RedisConnectionFailure.unresponsive)"])
    }

    @Test func `replies before a violation are delivered, then the connection ends`() throws {
        let fixture = try Fixture()
        fixture.give("a")
        fixture.give("b")
        fixture.handler?.flush()
        try fixture.receive("+1\r\n?\r\n")
        let failure = RedisConnectionFailure.protocolViolation(.unknownType(UInt8(ascii: "?")))
        #expect(fixture.outcomes.values == ["a=1", "b!\(RedisError.connectionLost(failure))"])
        #expect(fixture.events.last == "ended \(failure)")
    }

    @Test func `a surplus reply is a violation`() throws {
        let fixture = try Fixture()
        fixture.give("a")
        fixture.handler?.flush()
        try fixture.receive("+1\r\n+2\r\n")
        #expect(fixture.outcomes.values == ["a=1"])
        #expect(fixture.events.last == "ended \(RedisConnectionFailure.protocolViolation(.unexpectedReply))")
    }

    @Test func `bytes after the end are ignored`() throws {
        let fixture = try Fixture(limits: RESPLimits(nestingDepth: 1))
        try fixture.receive("*1\r\n*1\r\n")
        try? fixture.receive(">1\r\n+message\r\n")
        fixture.advance(seconds: 100)
        #expect(fixture.events == ["ready", "ended \(RedisConnectionFailure.protocolViolation(.nestedTooDeeply))"])
    }

    @Test func `a closed channel is reported once`() throws {
        let fixture = try Fixture()
        fixture.give("a")
        fixture.handler?.flush()
        fixture.give("b")
        fixture.channel.pipeline.fireChannelInactive()
        fixture.handler?.end(.unreachable)
        #expect(fixture.events == ["ready", "ended \(RedisConnectionFailure.closedByServer)"])
        #expect(
            fixture.outcomes.values == [
                "a!\(RedisError.connectionLost(.closedByServer))", "b!\(RedisError.notConnected(.closedByServer))",
            ])
    }

    @Test func `writing waits until the channel is writable`() throws {
        let fixture = try Fixture()
        fixture.channel.isWritable = false
        fixture.give("a")
        fixture.handler?.flush()
        fixture.give("b")
        #expect(try fixture.written() == nil)
        fixture.channel.isWritable = true
        fixture.channel.pipeline.fireChannelWritabilityChanged()
        #expect(try fixture.written() == "<a><b>")
    }

    @Test func `the connection closes when the last accepted command is answered`() throws {
        let fixture = try Fixture()
        fixture.give("a")
        fixture.handler?.flush()
        #expect(fixture.queue.withPipeline { $0.drain() } == false)
        #expect(fixture.channel.isActive)
        try fixture.receive("+1\r\n")
        #expect(fixture.outcomes.values == ["a=1"])
        #expect(!fixture.channel.isActive)
    }
}
