package import ConfigurationChecks

/// Why a mail was not taken. Shows codes only: the server's words may repeat addresses or what was sent.
package enum SMTPError: Error, Sendable, Hashable {
    /// A part of the talk with the server; the raw value is its name in descriptions.
    package enum Step: String, Sendable, Hashable {
        case greeting
        case hello = "EHLO"
        case startTLS = "STARTTLS"
        case authentication = "AUTH"
        case sender = "MAIL FROM"
        case recipient = "RCPT TO"
        case data = "DATA"
        case message = "end of message"
    }

    /// Why there is no connection.
    package enum ConnectionFailure: String, Sendable, Hashable {
        case nameResolution = "the name of the mail server cannot be resolved"
        case refused = "the mail server refuses the connection"
        case timeout = "the mail server could not be reached in time"
        case unreachable = "the mail server cannot be reached"
    }

    /// What the server must be able to do, but does not offer.
    package enum Extension: String, Sendable, Hashable {
        case startTLS = "STARTTLS"
        case authentication = "AUTH PLAIN or LOGIN"
        case internationalAddresses = "SMTPUTF8"
    }

    /// There is no connection.
    case connection(ConnectionFailure)
    /// TLS could not be established.
    case tls(TLSFault)
    /// The server refused: a 4xx or 5xx code and, when it gave one, the status of RFC 3463.
    case rejected(Step, code: Int, enhancedStatus: String?)
    /// The server did not answer in time.
    case timeout(Step)
    /// The server hung up.
    case disconnected(Step)
    /// What the server sent is no reply, or not one to this command.
    case unexpectedReply(Step)
    /// A reply is longer than ``SMTPReplyParser/maximumLength``.
    case replyTooLong(Step)
    /// The server cannot do what the configuration or the mail needs.
    case unsupported(Extension)
    /// SMTP cannot carry the recipient's address.
    case invalidRecipient
    /// The task was cancelled, or the mail was not allowed to leave.
    case cancelled

    /// Whether the same attempt would fail in the same way until something is changed (5xx), unlike a trouble that
    /// passes (4xx, connection, time).
    package var isPermanent: Bool {
        switch self {
        case .rejected(_, let code, _): code >= 500
        case .unsupported, .invalidRecipient: true
        case .connection, .tls, .timeout, .disconnected, .unexpectedReply, .replyTooLong, .cancelled: false
        }
    }

    /// Whether this mail, and not the connection or the configuration, is refused for good: trying it again is useless.
    /// False for refused credentials or a refused sender, which an operator can repair.
    package var isMailRefused: Bool {
        switch self {
        case .rejected(.recipient, let code, _), .rejected(.data, let code, _), .rejected(.message, let code, _):
            code >= 500
        case .unsupported(.internationalAddresses), .invalidRecipient: true
        default: false
        }
    }
}

extension SMTPError: CustomStringConvertible {
    /// Step and codes.
    package var description: String {
        switch self {
        case .connection(let failure): failure.rawValue
        case .tls(let fault): "the mail server is not used: \(fault)"
        case .rejected(let step, let code, let status):
            "the mail server answered \(code)\(status.map { " \($0)" } ?? "") to \(step.rawValue)"
        case .timeout(let step): "the mail server did not answer in time to \(step.rawValue)"
        case .disconnected(let step): "the mail server hung up at \(step.rawValue)"
        case .unexpectedReply(let step): "the mail server's answer to \(step.rawValue) makes no sense"
        case .replyTooLong(let step): "the mail server's answer to \(step.rawValue) is too long"
        case .unsupported(let missing): "the mail server does not offer \(missing.rawValue)"
        case .invalidRecipient: "the recipient's address is not valid"
        case .cancelled: "cancelled"
        }
    }
}
