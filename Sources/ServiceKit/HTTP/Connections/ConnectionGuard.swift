import Logging
import NIOCore

/// The outermost handler of a connection, which sees bytes: it enforces deadlines for what the client must send and read,
/// and closes the connection so that the last response still arrives.
///
/// A timer exists only while something is awaited: a request that arrives in one piece and a response that is written at
/// once need none.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    /// The inbound event for input that did not arrive in time.
    enum Late {
        case head
        case body
    }

    /// What the client has to send next.
    private enum Phase {
        /// Nothing: the connection may be idle.
        case request
        /// The rest of a head.
        case head
        /// The rest of a body.
        case body
        /// Nothing more; further input is discarded.
        case nothing
    }

    /// Time that a client has to read the last response and close the connection.
    ///
    /// It begins again with everything that a client still sends, up to the time for a body: a client that is sending does
    /// not read yet.
    private static let lingerTime = TimeAmount.seconds(5)

    private let limits: RequestLimits
    private let connection: OpenConnection
    private let unsent: UnsentAnswers
    private let logger: Logger
    private var context: ChannelHandlerContext?
    private var phase = Phase.request
    private var phaseDeadline: NIODeadline?
    private var requestLine = RequestLineLength()
    private var watch: WriteWatch
    private var lookDeadline: NIODeadline?
    private var lingerDeadline: NIODeadline?
    private var lingerEnd = NIODeadline.distantFuture
    private var isInputClosed = false
    private var closesWhenSent = false
    private var timer: (deadline: NIODeadline, task: Scheduled<Void>)?

    init(limits: RequestLimits, connection: OpenConnection, unsent: UnsentAnswers, logger: Logger) {
        self.limits = limits
        self.connection = connection
        self.unsent = unsent
        self.logger = logger
        watch = WriteWatch(
            timeout: TimeAmount(limits.writeTimeout), limit: limits.maximumUnsentBytesPerConnection)
    }

    // MARK: What the requests' handler reports

    /// Whether the line with the request's target is what made a head too large.
    var isRequestLineTooLong: Bool { requestLine.count > limits.maximumHeadSize }

    /// Whether anything of a head has arrived.
    var hasBeginningOfHead: Bool { requestLine.count > 0 }

    func headArrived() {
        connection.isWaiting = false
        enter(.body)
    }

    func bodyArrived() { enter(.request) }

    func answered() { connection.isWaiting = true }

    /// Discards all further input.
    func stopReading() { enter(.nothing) }

    /// Closes the connection so that the client can still read what was sent. A connection that is closed while there is
    /// unread input is reset, and the response is lost.
    func finish() {
        guard let context, lingerDeadline == nil else { return }
        stopReading()
        let now = context.eventLoop.now
        lingerDeadline = now + Self.lingerTime
        lingerEnd = now + TimeAmount(limits.requestTimeout)
        close(context: context, mode: .output, promise: nil)
        if !isInputClosed { context.read() }
        schedule()
    }

    private func enter(_ phase: Phase) {
        guard self.phase != .nothing else { return }
        self.phase = phase
        phaseDeadline = nil
        requestLine = RequestLineLength()
    }

    // MARK: Inbound

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
        self.context = nil
        unsent.update(connection, bytes: 0, now: context.eventLoop.now)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase != .nothing else {
            if lingerDeadline != nil { lingerDeadline = min(context.eventLoop.now + Self.lingerTime, lingerEnd) }
            return
        }
        if phase == .request { enter(.head) }
        let bytes = unwrapInboundIn(data)
        // Nearly every head arrives in one piece. The length of its first line matters only if it does not, or if it is too
        // large.
        let mayBeTooLarge = phase == .head && requestLine.count + bytes.readableBytes > limits.maximumHeadSize
        if mayBeTooLarge { requestLine.count(bytes.readableBytesView) }
        context.fireChannelRead(data)
        if phase == .head, !mayBeTooLarge { requestLine.count(bytes.readableBytesView) }
        awaitRest()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // The handlers above may have stopped reading, but a client that is still sending does not read the response.
        // After the end of its input there is nothing to read, and a socket at its end is always readable.
        if lingerDeadline != nil, !isInputClosed { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent {
            isInputClosed = true
            connection.inputClosed()
            if lingerDeadline != nil { closeWhenSent() }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.closed()
        context.fireChannelInactive()
    }

    // MARK: Outbound

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        watch.wrote(unwrapOutboundIn(data).readableBytes)
        context.write(data, promise: promise)
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        if watch.wantsLook { look() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if lookDeadline != nil { look() }
        context.fireChannelWritabilityChanged()
    }

    /// When both directions are closed, the channel is closed and its pending output is discarded, so wait for that output.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .output, isInputClosed else {
            context.close(mode: mode, promise: promise)
            return
        }
        promise?.succeed()
        closeWhenSent()
    }

    private func closeWhenSent() {
        closesWhenSent = true
        look()
    }

    /// Checks how much the client has not read yet.
    private func look() {
        guard let context else { return }
        let now = context.eventLoop.now
        let backlog = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        let verdict = watch.look(backlog: backlog, now: now)
        // The bytes count until the connection is closed, and another connection may have been stalled for longer.
        unsent.update(connection, bytes: backlog, now: now)
        switch verdict {
        case .clear:
            lookDeadline = nil
            if closesWhenSent { context.close(promise: nil) }
        case .waiting:
            lookDeadline = now + WriteWatch.interval
            schedule()
        case .stalled:
            logger.debug(
                "A client does not read its answer; the connection is closed", metadata: ["unsent": "\(backlog)"])
            lookDeadline = nil
            context.close(promise: nil)
        }
    }

    // MARK: Time

    /// Sets the deadline for the expected input, unless it is set.
    private func awaitRest() {
        guard let context, phaseDeadline == nil else { return }
        switch phase {
        case .head: phaseDeadline = context.eventLoop.now + TimeAmount(limits.headTimeout)
        case .body: phaseDeadline = context.eventLoop.now + TimeAmount(limits.requestTimeout)
        case .request, .nothing: return
        }
        schedule()
    }

    private func schedule() {
        guard let context else { return }
        let deadlines = [phaseDeadline, lookDeadline, lingerDeadline].compactMap { $0 }
        guard let next = deadlines.min() else { return }
        // A timer that comes too early finds the deadlines as they are then.
        if let timer, timer.deadline <= next { return }
        timer?.task.cancel()
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: next) { [weak self] () -> Void in
            self?.timerFired()
        }
        timer = (next, task)
    }

    private func timerFired() {
        timer = nil
        guard let context else { return }
        let now = context.eventLoop.now
        if let deadline = phaseDeadline, deadline <= now {
            phaseDeadline = nil
            switch phase {
            case .head: context.fireUserInboundEventTriggered(Late.head)
            case .body: context.fireUserInboundEventTriggered(Late.body)
            case .request, .nothing: break
            }
        }
        if let deadline = lookDeadline, deadline <= now { look() }
        if let deadline = lingerDeadline, deadline <= now {
            // A response that is still being read has until the write deadline.
            lingerDeadline = now + Self.lingerTime
            closeWhenSent()
        }
        schedule()
    }
}

/// The length of the first line of a head, as far as it has arrived.
struct RequestLineLength {
    private(set) var count = 0
    private var isComplete = false

    mutating func count(_ bytes: some Collection<UInt8>) {
        guard !isComplete else { return }
        // Empty lines before a request are ignored (RFC 9112 section 2.2).
        let line = count == 0 ? bytes.drop { $0 == 0x0D || $0 == 0x0A } : bytes[...]
        if let end = line.firstIndex(of: 0x0A) {
            count += line.distance(from: line.startIndex, to: end)
            isComplete = true
        } else {
            count += line.count
        }
    }
}
