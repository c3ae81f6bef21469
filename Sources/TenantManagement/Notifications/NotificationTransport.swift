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
package enum NotificationTransports {
    private enum Kind: String, Sendable, CaseIterable {
        case log, file, smtp
    }

    private enum Settings {
        static let kind = Setting<Kind>.choice(
            "NOTIFICATION_TRANSPORT", default: .log,
            "How mails leave: `log` (only the log says that there was one), `file` (one file for each mail) or `smtp`")
        static let folder = Setting.optionalText(
            "NOTIFICATION_OUTBOX_PATH", values: "path of a folder",
            "Folder of the files; required with `NOTIFICATION_TRANSPORT=file`")
    }

    static let configurationKeys = ConfigurationKeys("mails", [Settings.kind, Settings.folder])
        .checking { (reader) throws(ConfigurationFailure) in
            if try reader.value(Settings.kind) == .smtp { _ = try SMTPConfiguration(reader: reader) }
        }

    /// Whether mails can be sent, for `arc doctor`.
    /// - Returns: What the transport is like.
    /// - Throws: `ConfigurationFailure`; ``SMTPError`` if the mail server cannot be reached.
    package static func examine(reader: ConfigReader, logger: Logger) async throws -> String {
        let kind = try reader.value(Settings.kind)
        guard kind == .smtp else {
            _ = try make(reader: reader, logger: logger)
            return kind == .log ? "mails are not sent (NOTIFICATION_TRANSPORT=log)" : "mails are written to a file"
        }
        let configuration = try SMTPConfiguration(reader: reader)
        try await SMTPTransport(configuration: configuration, logger: logger).connect()
        return "\(configuration.host):\(configuration.port) answers"
    }

    static func make(reader: ConfigReader, logger: Logger) throws -> any NotificationTransport {
        switch try reader.value(Settings.kind) {
        case .log: return LogTransport(logger: logger)
        case .file:
            guard let folder = try reader.value(Settings.folder) else {
                throw ConfigurationFailure(
                    key: "NOTIFICATION_OUTBOX_PATH",
                    reason: "is not set, but NOTIFICATION_TRANSPORT=file needs a folder")
            }
            return FileTransport(folder: folder)
        case .smtp: return SMTPTransport(configuration: try SMTPConfiguration(reader: reader), logger: logger)
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
