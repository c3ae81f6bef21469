import ConfigurationChecks
import NIOCore
import TransportSecurity

/// The one handler of a Redis channel: parses what comes in, matches it with the queue, writes what waits, watches
/// the deadline of the oldest command, and reports the connection's end exactly once.
///
/// Lives on its event loop; only the queue is shared with tasks.
final class RedisChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What the owner of the connection hears, always on the event loop.
    struct Events {
        var ready: () -> Void
        var push: ([RedisValue]) -> Void
        /// The connection is of no use any more. Its commands are still in the queue.
        var ended: (RedisConnectionFailure) -> Void
    }

    struct Settings {
        var limits: RESPLimits
        var handshakeDeadline: NIODeadline
        var commandTimeout: TimeAmount
        var keepAliveInterval: TimeAmount
        /// Nil without TLS.
        var tls: TLSVariables?
        /// Whether a server that refuses writes is of no use: it was demoted.
        var mustBeMaster = false
    }

    private enum State {
        case greeting(Handshake)
        case ready
        case ended
    }

    /// Memory that is kept for the next write; a larger buffer is given back.
    private static let keptCapacity = 64 << 10

    private let queue: CommandQueue
    private let settings: Settings
    private let events: Events
    private var state: State
    private var context: ChannelHandlerContext?
    private var decoder: RESPDecoder
    private var frames: [RESPFrame] = []
    private var completions: [CommandQueue.Pipeline.Completion] = []
    private var outbound = ByteBuffer()
    private var isFlushBlocked = false
    private var deadlineTimer: Scheduled<Void>?
    private var keepAliveTimer: Scheduled<Void>?
    private var hasReceived = false

    init(queue: CommandQueue, handshake: Handshake, settings: Settings, events: Events) {
        self.queue = queue
        self.settings = settings
        self.events = events
        self.state = .greeting(handshake)
        self.decoder = RESPDecoder(limits: settings.limits)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end(.closedByServer)
        self.context = nil
    }

    // MARK: Output

    /// Sends the greeting. Called once, when the channel is connected.
    func start() {
        guard let context, case .greeting(let handshake) = state else { return }
        deadlineTimer = schedule(at: settings.handshakeDeadline) { $0.end(.connectTimeout) }
        var buffer = context.channel.allocator.buffer(capacity: 256)
        handshake.write(to: &buffer)
        context.writeAndFlush(Self.wrapOutboundOut(buffer), promise: nil)
    }

    /// Writes everything that tasks have queued, in one go.
    func flush() {
        guard let context, case .ready = state else { return }
        armDeadline()
        guard context.channel.isWritable else {
            // The queue goes on believing that a flush is scheduled: it comes when the channel is writable again.
            isFlushBlocked = true
            return
        }
        guard queue.withPipeline({ $0.takeOutbound(into: &outbound) }) else { return }
        context.writeAndFlush(Self.wrapOutboundOut(outbound), promise: nil)
        if outbound.capacity > Self.keptCapacity { outbound = ByteBuffer() } else { outbound.clear() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if isFlushBlocked, context.channel.isWritable {
            isFlushBlocked = false
            flush()
        }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Input

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .ended = state { return }
        hasReceived = true
        decoder.append(Self.unwrapInboundIn(data))
        do throws(RESPViolation) {
            while let frame = try decoder.next() {
                if case .ready = state { frames.append(frame) } else { greet(frame) }
                if case .ended = state { return }
            }
            try deliver()
        } catch {
            // What came in order before the violation is still good.
            try? deliver()
            end(.protocolViolation(error))
        }
    }

    /// One reply or confirmation of the greeting.
    private func greet(_ frame: RESPFrame) {
        guard case .greeting(var handshake) = state else { return }
        let progress: Handshake.Progress
        switch frame {
        case .reply(let value): progress = handshake.receive(.success(value))
        case .failure(let error): progress = handshake.receive(.failure(error))
        case .push(let values):
            progress = values.isSubscriptionConfirmation ? handshake.receiveConfirmation() : .underWay
            events.push(values)
        }
        state = .greeting(handshake)
        switch progress {
        case .underWay: break
        case .failed(let failure): end(failure)
        case .done: becomeReady()
        }
    }

    private func becomeReady() {
        guard let context else { return }
        deadlineTimer?.cancel()
        deadlineTimer = nil
        state = .ready
        scheduleKeepAlive()
        let deadline = context.eventLoop.now + settings.commandTimeout
        let hasWork = queue.withPipeline { $0.becomeReady(deadline: deadline) }
        events.ready()
        if hasWork { flush() }
    }

    /// Matches the frames of one read with their commands under one lock, then delivers the results.
    private func deliver() throws(RESPViolation) {
        guard !frames.isEmpty else { return }
        defer {
            for case .push(let values) in frames { events.push(values) }
            frames.removeAll(keepingCapacity: true)
            completions.resume()
            completions.removeAll(keepingCapacity: true)
        }
        var wasDemoted = false
        let isDrained = try queue.withPipeline { pipeline throws(RESPViolation) in
            for frame in frames {
                let completion: CommandQueue.Pipeline.Completion?
                switch frame {
                case .reply(let value): completion = try pipeline.receive(.success(value))
                case .failure(let error):
                    completion = try pipeline.receive(.failure(error))
                    if settings.mustBeMaster, error.code == .readOnly { wasDemoted = true }
                case .push(let values):
                    completion = values.isSubscriptionConfirmation ? pipeline.receiveConfirmation() : nil
                }
                if let completion { completions.append(completion) }
            }
            return pipeline.isDrained
        }
        if isDrained { end(.closedByServer) } else if wasDemoted { end(.notMaster) }
    }

    // MARK: Time

    private func schedule(at deadline: NIODeadline, _ body: @escaping (RedisChannelHandler) -> Void) -> Scheduled<Void>?
    {
        context?.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { body(self) }
    }

    /// One timer for all commands: it is set for the oldest, and when it fires and that one is answered, for the one
    /// that is oldest then.
    private func armDeadline() {
        guard deadlineTimer == nil, let deadline = queue.withPipeline({ $0.oldestDeadline }) else { return }
        deadlineTimer = schedule(at: deadline) { handler in
            handler.deadlineTimer = nil
            guard let context = handler.context,
                let deadline = handler.queue.withPipeline({ $0.oldestDeadline })
            else { return }
            if deadline <= context.eventLoop.now { handler.end(.unresponsive) } else { handler.armDeadline() }
        }
    }

    /// A connection that stays silent for an interval is asked whether it is alive.
    private func scheduleKeepAlive() {
        guard let context else { return }
        keepAliveTimer = schedule(at: context.eventLoop.now + settings.keepAliveInterval) { handler in
            guard let context = handler.context else { return }
            if !handler.hasReceived {
                let deadline = context.eventLoop.now + handler.settings.commandTimeout
                let action = handler.queue.withPipeline { pipeline -> CommandQueue.Pipeline.EnqueueAction in
                    guard pipeline.waitingCount == 0 else { return .wait }
                    return pipeline.enqueue(.reply, waiter: nil, ticket: 0, deadline: deadline) {
                        $0.writeCommand(["PING"])
                    }
                }
                if case .scheduleFlush = action { handler.flush() }
            }
            handler.hasReceived = false
            handler.scheduleKeepAlive()
        }
    }

    // MARK: End

    func channelInactive(context: ChannelHandlerContext) {
        end(.closedByServer)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let tls = settings.tls, let fault = TLSFault(error, tls, in: context) { return end(.tls(fault)) }
        end(RedisConnectionFailure(error))
    }

    /// Ends the connection: no timer fires, no byte is read, no event is reported after this.
    func end(_ failure: RedisConnectionFailure) {
        if case .ended = state { return }
        state = .ended
        deadlineTimer?.cancel()
        keepAliveTimer?.cancel()
        frames.removeAll()
        events.ended(failure)
        context?.close(promise: nil)
    }
}

extension [RedisValue] {
    /// True for a push that confirms a subscription or its end.
    var isSubscriptionConfirmation: Bool {
        switch first?.text {
        case "subscribe", "unsubscribe", "psubscribe", "punsubscribe", "ssubscribe", "sunsubscribe": true
        default: false
        }
    }
}
