import DequeModule
import HTTPTypes
import NIOCore
import NIOHTTP1

/// The handler that sees requests and responses: rejects invalid heads, turns parser errors into responses, decides after
/// which response the connection is closed, and sends `100 Continue`.
///
/// When the service ends, a client whose connection is closed without a response cannot know what became of a request that it has
/// just sent. Therefore connections end with a response wherever there is one to come.
final class RequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// The outbound event of an operation that starts to read the body.
    struct BodyWanted: Sendable {}

    /// A request whose response has not been written yet.
    private struct Request {
        let isHTTP10: Bool
        var keepsAlive: Bool
        var expectsContinue: Bool
        /// Whether the end of its body is still to come.
        var isArriving = true

        init(_ head: RequestHead) {
            isHTTP10 = head.isHTTP10
            keepsAlive = head.keepsAlive
            expectsContinue = head.expectsContinue
        }
    }

    private struct Refusal {
        let failure: HTTPFailure
        var accept: String?
        var omitsBody = false
    }

    private enum Input {
        case head
        case body
        /// All further input is discarded.
        case nothing
    }

    /// Time for the first request of a connection that was accepted just before the server has stopped accepting.
    private static let firstRequestPatience = TimeAmount.milliseconds(500)

    private let connection: ConnectionGuard
    private let refusals: HeadRefusals
    private let drain: DrainState
    private let limits: RequestLimits
    private var isUnused = true
    private var input = Input.head
    private var unanswered = Deque<Request>()
    /// The response to an invalid head, which waits until the requests before it have been answered.
    private var refusal: Refusal?
    /// Bytes of a body that arrived after its request had been answered.
    private var unreadBody = 0
    /// Whether the server has stopped accepting connections.
    private var isServerEnding = false
    private var isFinished = false

    init(connection: ConnectionGuard, refusals: HeadRefusals, drain: DrainState, limits: RequestLimits) {
        self.connection = connection
        self.refusals = refusals
        self.drain = drain
        self.limits = limits
    }

    // MARK: Inbound

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard input != .nothing else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            let facts = RequestHead(head)
            let hasTooManyFields = head.headers.count > limits.maximumHeaderFields
            if let failure = hasTooManyFields ? HTTPFailure.headTooLarge : facts.failure {
                let accept = head.headers.first(name: "accept")
                refuse(
                    Refusal(failure: failure, accept: accept, omitsBody: head.method == .HEAD), context: context)
                return
            }
            input = .body
            isUnused = false
            unreadBody = 0
            unanswered.append(Request(facts))
            connection.headArrived()
        case .body(let bytes):
            if unanswered.isEmpty {
                unreadBody += bytes.readableBytes
                guard unreadBody <= limits.maximumBodySize else {
                    finish(context: context)
                    return
                }
            }
        case .end:
            input = .head
            if !unanswered.isEmpty { unanswered[unanswered.count - 1].isArriving = false }
            connection.bodyArrived()
        }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let parserError = error as? HTTPParserError
        switch input {
        // The decoder complains about everything that comes after its first error.
        case .nothing: if parserError == nil, !(error is ByteToMessageDecoderError) { context.fireErrorCaught(error) }
        case .body:
            let isMalformed = parserError != nil && parserError != .invalidEOFState
            bodyFailed(isMalformed ? .malformed : .incomplete, context: context)
        case .head:
            switch parserError {
            case nil: context.fireErrorCaught(error)
            case .invalidEOFState: context.close(promise: nil)
            case .headerOverflow:
                let failure = connection.isRequestLineTooLong ? HTTPFailure.targetTooLong : .headTooLarge
                refuse(Refusal(failure: failure), context: context)
            default: refuse(Refusal(failure: .badRequest("The request is not valid HTTP/1.1.")), context: context)
            }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed: if input == .body { bodyFailed(.incomplete, context: context) }
        case ConnectionGuard.Late.head:
            guard input == .head, unanswered.isEmpty else { return }
            guard connection.hasBeginningOfHead else {
                context.close(promise: nil)
                return
            }
            refuse(Refusal(failure: .requestTimeout("The request did not arrive in time.")), context: context)
            return
        case ConnectionGuard.Late.body:
            if input == .body { bodyFailed(.late, context: context) }
            return
        case is ChannelShouldQuiesceEvent:
            serverEnds(context: context)
            return
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// Whether nothing of a request has arrived that is not answered yet.
    private var isIdle: Bool {
        input == .head && unanswered.isEmpty && refusal == nil && !connection.hasBeginningOfHead
    }

    /// The server has stopped accepting connections, and ends when all are closed. Those with requests end with the last response.
    private func serverEnds(context: ChannelHandlerContext) {
        isServerEnding = true
        guard isIdle else { return }
        guard isUnused else {
            context.close(promise: nil)
            return
        }
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.firstRequestPatience) { [self] in
            if isIdle { context.close(promise: nil) }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        // Without it the body would look complete.
        if input == .body { bodyFailed(.incomplete, context: context) }
        context.fireChannelInactive()
    }

    private func bodyFailed(_ failure: RequestBodyFailure, context: ChannelHandlerContext) {
        input = .nothing
        if unanswered.isEmpty {
            // The request has been answered; no operation reads the rest of the body.
            finish(context: context)
        } else {
            connection.stopReading()
            context.fireErrorCaught(failure)
        }
    }

    /// Responds without an operation, and closes the connection.
    private func refuse(_ refusal: Refusal, context: ChannelHandlerContext) {
        input = .nothing
        connection.stopReading()
        self.refusal = refusal
        if unanswered.isEmpty { writeRefusal(context: context) }
    }

    private func writeRefusal(context: ChannelHandlerContext) {
        guard let refusal, !isFinished else { return }
        self.refusal = nil
        let answer = refusals.answer(refusal.failure, accept: refusal.accept, channel: context.channel)
        context.write(wrapOutboundOut(.head(answer.head)), promise: nil)
        if !refusal.omitsBody { context.write(wrapOutboundOut(.body(.byteBuffer(answer.body))), promise: nil) }
        context.write(wrapOutboundOut(.end(nil)), promise: nil)
        context.flush()
        finish(context: context)
    }

    // MARK: Outbound

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isFinished else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head):
            guard head.status.code >= 200, let request = unanswered.first else { break }
            let isLast = endsConnection(request, status: head.status)
            if isLast {
                unanswered[0].keepsAlive = false
                head.headers.replaceOrAdd(name: "connection", value: "close")
            } else if request.isHTTP10 {
                head.headers.replaceOrAdd(name: "connection", value: "keep-alive")
            } else {
                break
            }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
            return
        case .body: break
        case .end:
            context.write(data, promise: promise)
            answered(context: context)
            return
        }
        context.write(data, promise: promise)
    }

    /// A client that gets the response before it has sent the body may send the body or not, so the next request could not
    /// be distinguished from the body.
    private func endsConnection(_ request: Request, status: HTTPResponseStatus) -> Bool {
        guard request.keepsAlive, input != .nothing || refusal != nil else { return true }
        if isServerEnding || drain.isDraining, unanswered.count == 1, refusal == nil {
            // Further requests would have no response.
            input = .nothing
            return true
        }
        return request.isArriving && (request.expectsContinue || status == .payloadTooLarge)
    }

    private func answered(context: ChannelHandlerContext) {
        guard let request = unanswered.popFirst() else { return }
        if !request.keepsAlive {
            context.flush()
            finish(context: context)
        } else if unanswered.isEmpty {
            connection.answered()
            if refusal != nil { writeRefusal(context: context) }
        }
    }

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        guard event is BodyWanted else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        promise?.succeed()
        guard input == .body, let request = unanswered.first, request.isArriving, request.expectsContinue else {
            return
        }
        unanswered[0].expectsContinue = false
        let head = HTTPResponseHead(version: .http1_1, status: .continue)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
    }

    private func finish(context: ChannelHandlerContext) {
        input = .nothing
        isFinished = true
        connection.finish()
    }
}
