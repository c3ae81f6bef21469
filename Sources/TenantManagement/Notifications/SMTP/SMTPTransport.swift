import ConfigurationChecks
package import Logging
import NIOCore
import NIOPosix
import NIOSSL

/// Sends mails to a mail server by SMTP (RFC 5321), one connection for each mail.
///
/// Delivery is at least once: when the connection breaks between the end of a message and the server's answer, nobody
/// knows whether it was taken. A repeated message has the same `Message-ID`.
package struct SMTPTransport: NotificationTransport {
    private let configuration: SMTPConfiguration
    private let logger: Logger

    /// Makes a transport. Nothing is connected before the first mail.
    package init(configuration: SMTPConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Sends a mail. Returns when the server has accepted the responsibility for it.
    /// - Parameter mayLeave: Called when the server asks for the message, before the first byte of it is sent; when it
    ///   returns false, the connection is closed instead.
    /// - Throws: ``SMTPError``.
    package func send(
        _ mail: Mail, mayLeave: @escaping @Sendable () -> Bool = { true }
    ) async throws(SMTPError) {
        guard let recipient = MailAddress(specification: mail.recipient) else { throw .invalidRecipient }
        let plan = SMTPConversation.Plan(
            sender: configuration.sender, recipient: recipient,
            message: MessageFormat.rfc5322(mail, from: configuration.sender),
            credentials: configuration.credentials, needsStartTLS: configuration.security == .startTLS)
        let context: NIOSSLContext?
        do {
            let configuration = configuration
            context = try await NIOThreadPool.singleton.runIfActive { try configuration.tlsContext() }
        } catch {
            throw .tls(TLSFault(.files, SMTPConfiguration.tlsVariables))
        }
        try await run(plan, tls: context, mayLeave: mayLeave)
        logger.debug("The mail server has accepted a mail", metadata: ["id": "\(mail.id)"])
    }

    /// Opens a connection to the server and closes it.
    /// - Throws: ``SMTPError``.
    func connect() async throws(SMTPError) {
        do {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(TimeAmount(configuration.timeout))
                .connect(host: configuration.host, port: configuration.port).get()
            try? await channel.close()
        } catch {
            throw SMTPError(connecting: error)
        }
    }

    private func run(
        _ plan: SMTPConversation.Plan, tls: NIOSSLContext?, mayLeave: @escaping @Sendable () -> Bool
    ) async throws(SMTPError) {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let outcome = eventLoop.makePromise(of: Void.self)
        // On the event loop, where the handlers are added before anything that the server does is noticed. On another thread, a
        // server that hangs up at once could close the connection before it has handlers.
        eventLoop.execute { connect(plan, tls: tls, mayLeave: mayLeave, on: eventLoop, outcome: outcome) }
        do {
            try await withTaskCancellationHandler {
                try await outcome.futureResult.get()
            } onCancel: {
                outcome.fail(SMTPError.cancelled)
            }
        } catch {
            throw SMTPError(error, during: .greeting)
        }
    }

    /// Runs on the event loop.
    private func connect(
        _ plan: SMTPConversation.Plan, tls: NIOSSLContext?, mayLeave: @escaping @Sendable () -> Bool,
        on eventLoop: any EventLoop, outcome: EventLoopPromise<Void>
    ) {
        let timeout = TimeAmount(configuration.timeout)
        let security = configuration.security
        let serverName = configuration.tlsServerName
        ClientBootstrap(group: eventLoop)
            .connectTimeout(timeout)
            // The server speaks first, so nothing is read before there are handlers.
            .channelOption(.autoRead, value: false)
            .connect(host: configuration.host, port: configuration.port)
            .flatMapThrowing { channel in
                var plan = plan
                plan.clientName = channel.localAddress.flatMap(Self.addressLiteral) ?? plan.clientName
                let session = SMTPSession(
                    conversation: SMTPConversation(plan: plan),
                    tls: security == .startTLS ? tls.map { ($0, serverName) } : nil, timeout: timeout,
                    mayLeave: mayLeave, outcome: outcome)
                do {
                    if security == .implicit, let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: serverName))
                    }
                    try channel.pipeline.syncOperations.addHandler(session)
                } catch {
                    channel.close(promise: nil)
                    throw error
                }
                channel.setOption(.autoRead, value: true).whenFailure { _ in channel.close(promise: nil) }
            }
            .whenFailure { outcome.fail(SMTPError(connecting: $0)) }
    }

    /// RFC 5321 section 4.1.3: how a client without a host name introduces itself.
    private static func addressLiteral(_ address: SocketAddress) -> String? {
        switch address {
        case .v4: address.ipAddress.map { "[\($0)]" }
        case .v6: address.ipAddress.map { "[IPv6:\($0)]" }
        case .unixDomainSocket: nil
        }
    }
}
