package import Configuration
import ConfigurationChecks
package import Logging
package import Primitives
import ServiceKit

/// A mail ready to be sent.
package struct Mail: Sendable, Hashable {
    /// Identifier; the same for every attempt at the same mail.
    package let id: Identifier
    /// Address of the recipient.
    package let recipient: String
    /// Subject line.
    package let subject: String
    /// Text body, lines separated by `\n`.
    package let text: String
    /// Where it was queued; the same for every attempt.
    package var trace: TraceContext?

    /// Makes one from its parts.
    package init(id: Identifier, recipient: String, subject: String, text: String) {
        self.id = id
        self.recipient = recipient
        self.subject = subject
        self.text = text
    }
}

/// Delivers mails: the port in front of the mail server.
package protocol NotificationTransport: Sendable {
    /// Sends a mail. Returning means that it was accepted.
    /// - Parameter mayLeave: Called right before the step after which the mail cannot be stopped. When it returns false, nothing
    ///   is sent and this throws.
    /// - Throws: when the mail was not accepted, and may be tried again.
    func send(_ mail: Mail, mayLeave: @escaping @Sendable () -> Bool) async throws
}

/// Chooses the transport.
///
/// Keys: `NOTIFICATION_TRANSPORT` (`log`, the default, `file` or `smtp`), `NOTIFICATION_OUTBOX_PATH` (folder for `file`),
/// and those of ``SMTPConfiguration`` for `smtp`.
package enum NotificationTransports {
    static let configurationKeys: ConfigurationKeys = ["NOTIFICATION_TRANSPORT", "NOTIFICATION_OUTBOX_PATH"]

    /// Whether mails can be sent, for `arc doctor`.
    /// - Returns: What the transport is like.
    /// - Throws: `ConfigurationFailure`; ``SMTPError`` if the mail server cannot be reached.
    package static func examine(reader: ConfigReader, logger: Logger) async throws -> String {
        let name = reader.text("notification.transport") ?? "log"
        guard name == "smtp" else {
            _ = try make(reader: reader, logger: logger)
            return name == "log" ? "mails are not sent (NOTIFICATION_TRANSPORT=log)" : "mails are written to a \(name)"
        }
        let configuration = try SMTPConfiguration(reader: reader)
        try await SMTPTransport(configuration: configuration, logger: logger).connect()
        return "\(configuration.host):\(configuration.port) answers"
    }

    static func make(reader: ConfigReader, logger: Logger) throws -> any NotificationTransport {
        switch reader.text("notification.transport") ?? "log" {
        case "log": return LogTransport(logger: logger)
        case "file":
            guard let folder = reader.text("notification.outbox.path") else {
                throw ConfigurationFailure(
                    key: "NOTIFICATION_OUTBOX_PATH",
                    reason: "is not set, but NOTIFICATION_TRANSPORT=file needs a folder")
            }
            return FileTransport(folder: folder)
        case "smtp": return SMTPTransport(configuration: try SMTPConfiguration(reader: reader), logger: logger)
        case let other:
            throw ConfigurationFailure(
                key: "NOTIFICATION_TRANSPORT", reason: "is \"\(other)\", but must be log, file or smtp")
        }
    }
}

/// Logs that a mail would have been sent, without its text, because links in it are secrets.
struct LogTransport: NotificationTransport {
    let logger: Logger

    func send(_ mail: Mail, mayLeave: @escaping @Sendable () -> Bool) async throws {
        logger.notice(
            "A mail was not sent: NOTIFICATION_TRANSPORT is log. Set it to file or smtp.",
            // The subject may name a person.
            metadata: ["id": "\(mail.id)"])
    }
}
