import Primitives
import Sealing
import TraceRecording
import WorkQueue

/// Sends a queued mail.
struct NotificationSender: Sendable {
    let transport: any NotificationTransport
    let sealer: Sealer

    /// How long sending a mail is tried: about 34 times, with the delays in between.
    static let patience = Duration.seconds(86_400)

    /// - Parameter mayLeave: See ``NotificationTransport``.
    /// - Throws: What the transport throws when the mail may be tried again, or ``MailGivenUp``.
    func send(_ mail: QueuedMail, mayLeave: @escaping @Sendable () -> Bool) async throws -> Settlement<Void> {
        guard let content = try? sealer.open(mail.content, label: mail.id.description),
            let notification = Notification(content: content)
        else { throw MailGivenUp(reason: "the mail cannot be opened; DATA_ENCRYPTION_KEY has changed") }
        do {
            var message = MailTemplates.mail(for: notification, id: mail.id)
            message.trace = mail.trace
            try await CurrentSpan.run("send mail", kind: .client) { [message] in
                try await transport.send(message, mayLeave: mayLeave)
            }
            return .done(())
        } catch {
            if Task.isCancelled { throw error }
            let isRefused = (error as? SMTPError)?.isMailRefused ?? false
            guard isRefused || mail.age >= Self.patience else { throw error }
            throw MailGivenUp(reason: FailureReason.describing(error))
        }
    }
}

/// A mail that will never be accepted, or was not accepted for too long.
struct MailGivenUp: PermanentFailure {
    let reason: String
}

extension SMTPError: LoggableError {}

extension SMTPError: DependencyError {
    /// Whether the mail server itself is not available. It has said nothing about this mail.
    package var isDependencyUnavailable: Bool {
        switch self {
        case .connection, .tls, .timeout(.greeting), .disconnected(.greeting), .timeout(.hello), .disconnected(.hello):
            true
        case .rejected(.greeting, let code, _), .rejected(.hello, let code, _): code < 500
        default: false
        }
    }
}
