import ConfigurationChecks
import NIOCore
import NIOSSL

/// Carries a conversation over a channel: bytes to replies, actions to bytes, and a deadline for each reply.
final class SMTPSession: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var conversation: SMTPConversation
    private var parser = SMTPReplyParser()
    private let tls: (context: NIOSSLContext, serverName: String?)?
    private let timeout: TimeAmount
    private let mayLeave: @Sendable () -> Bool
    /// Succeeds as soon as the mail is accepted, fails when it is not; failing it from outside ends the session.
    private let outcome: EventLoopPromise<Void>
    private var deadline: Scheduled<Void>?
    /// The outcome is known; only the server's farewell is awaited.
    private var isFinished = false

    /// - Parameters:
    ///   - tls: for STARTTLS; nil when the channel is already protected, or stays without.
    ///   - mayLeave: see ``SMTPTransport/send(_:mayLeave:)``.
    init(
        conversation: SMTPConversation, tls: (context: NIOSSLContext, serverName: String?)?, timeout: TimeAmount,
        mayLeave: @escaping @Sendable () -> Bool, outcome: EventLoopPromise<Void>
    ) {
        self.conversation = conversation
        self.tls = tls
        self.timeout = timeout
        self.mayLeave = mayLeave
        self.outcome = outcome
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        outcome.futureResult.whenFailure { error in
            if error as? SMTPError == .cancelled { channel.close(promise: nil) }
        }
        startDeadline(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isFinished else { return context.close(promise: nil) }
        parser.append(unwrapInboundIn(data).readableBytesView)
        do {
            guard let reply = try parser.next() else { return }
            let step = conversation.step
            let action = conversation.receive(reply)
            // The server has nothing to say before it is asked: bytes behind a reply are confusion, or, behind that to
            // STARTTLS, an attack (RFC 3207 section 6, CVE-2011-0411).
            guard action.isFinish || !parser.hasUnread else {
                return abort(.unexpectedReply(step), context)
            }
            // Without its last line the message does not count, so a closed connection takes it back.
            if step == .data, !action.isFinish, !mayLeave() { return abort(.cancelled, context) }
            perform(action, context)
        } catch {
            switch error {
            case .malformed: abort(.unexpectedReply(conversation.step), context)
            case .tooLong: abort(.replyTooLong(conversation.step), context)
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        abort(.disconnected(conversation.step), context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        abort(SMTPError(error, during: conversation.step, in: context), context)
    }

    // MARK: Actions

    private func perform(_ action: SMTPConversation.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .send(let bytes): send(bytes, context)
        case .startTLS: startTLS(context)
        case .finish(let error):
            finish(error)
            send(Array("QUIT\r\n".utf8), context)
        }
    }

    private func send(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        startDeadline(context)
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
    }

    private func startTLS(_ context: ChannelHandlerContext) {
        guard let tls else { return abort(.tls(TLSFault(.files, SMTPConfiguration.tlsVariables)), context) }
        do {
            let handler = try NIOSSLClientHandler(context: tls.context, serverHostname: tls.serverName)
            try context.pipeline.syncOperations.addHandler(handler, position: .before(self))
        } catch {
            return abort(.tls(TLSFault(.other, SMTPConfiguration.tlsVariables)), context)
        }
        // The TLS handler keeps what is written until the handshake is done and the certificate is verified.
        perform(conversation.secured(), context)
    }

    /// One deadline for a whole reply: bytes that trickle in do not move it.
    private func startDeadline(_ context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
            self.abort(.timeout(self.conversation.step), context)
        }
    }

    private func abort(_ error: SMTPError, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        finish(error)
        context.close(promise: nil)
    }

    private func finish(_ error: SMTPError?) {
        guard !isFinished else { return }
        isFinished = true
        if let error { outcome.fail(error) } else { outcome.succeed() }
    }
}
