package import Configuration
package import ConfigurationChecks
import NIOCore
import NIOSSL
import ServiceKit
import TransportSecurity

/// The mail server that accepts the mails, and how it is called.
package struct SMTPConfiguration: Sendable {
    /// How the connection is protected. The server's certificate and name are always verified.
    package enum Security: String, Sendable, CaseIterable {
        /// Plain at first, TLS before anything that matters (RFC 3207); a server without it gets no mail.
        case startTLS = "starttls"
        /// TLS from the first byte (RFC 8314).
        case implicit
        /// In clear text: for a server on the same machine, or in a test.
        case none

        /// 465 for TLS from the first byte, otherwise 587 (RFC 6409).
        package var standardPort: Int { self == .implicit ? 465 : 587 }
    }

    /// Name or address of the server.
    package var host: String
    /// 1 to 65535.
    package var port: Int
    /// Nil for a server that requires none.
    package var credentials: SMTPCredentials?
    /// How the connection is protected.
    package var security: Security
    /// PEM file with the authorities to trust; nil for those of the system.
    package var authorityFile: String?
    /// PEM file with the certificates of this client, for a server that wants one; together with ``keyFile``.
    package var certificateFile: String?
    /// PEM file with the key of this client.
    package var keyFile: String?
    /// The sender of the mails.
    package var sender: MailAddress
    /// How long connecting may take, and each reply.
    package var timeout: Duration

    /// Makes a configuration.
    package init(
        host: String, port: Int? = nil, credentials: SMTPCredentials? = nil, security: Security = .startTLS,
        authorityFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil, sender: MailAddress,
        timeout: Duration = .seconds(30)
    ) {
        self.host = host
        self.port = port ?? security.standardPort
        self.credentials = credentials
        self.security = security
        self.authorityFile = authorityFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.sender = sender
        self.timeout = timeout
    }

    private enum Settings {
        static let host = Setting.optionalText(
            "SMTP_HOST", values: "name or address",
            "The mail server; required with `NOTIFICATION_TRANSPORT=smtp`")
        static let port = Setting.optionalInteger(
            "SMTP_PORT", unset: "587 (`SMTP_TLS=implicit`: 465)", in: 1...65_535, "Its port")
        static let username = Setting.optionalText("SMTP_USERNAME", "Name for `SMTP_PASSWORD`; both or none")
        static let password = Setting.secret("SMTP_PASSWORD", "The password")
        static let security = Setting<Security>.choice(
            "SMTP_TLS", default: .startTLS,
            "How the connection is protected; with `none`, a password is sent only to a server on the same machine")
        static let authority = Setting.optionalText(
            "SMTP_TLS_CA", unset: "those of the system", values: "path of a PEM file", "Trusted authorities")
        static let certificate = Setting.optionalText(
            "SMTP_TLS_CERT", values: "path of a PEM file", "Certificate of the client, together with `SMTP_TLS_KEY`")
        static let key = Setting.optionalText("SMTP_TLS_KEY", values: "path of a PEM file", "Key of the client")
        static let sender = Setting.optionalText(
            "SMTP_FROM", unset: "`FROM_EMAIL`",
            values: "an address like arc@example.com or Arc <arc@example.com>", "Sender of the mails; required, too")
        static let originalSender = Setting.optionalText(
            "FROM_EMAIL", values: "an address like arc@example.com or Arc <arc@example.com>",
            "The original's name of `SMTP_FROM`")
        static let timeout = Setting.duration(
            "SMTP_TIMEOUT_SECONDS", default: 30, in: 1...600, "Time to connect, and for each reply")
    }

    package static let configurationKeys = ConfigurationKeys(
        "mail server",
        [
            Settings.host, Settings.port, Settings.username, Settings.password, Settings.security, Settings.authority,
            Settings.certificate, Settings.key, Settings.sender, Settings.originalSender, Settings.timeout,
        ])

    /// For errors.
    package static let tlsVariables = TLSVariables(
        authority: "SMTP_TLS_CA", certificate: "SMTP_TLS_CERT", name: "SMTP_HOST", mode: "SMTP_TLS")

    /// Reads the settings.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        guard let host = try reader.value(Settings.host) else {
            throw ConfigurationFailure(key: "SMTP_HOST", reason: "is not set")
        }
        let security = try reader.value(Settings.security)
        self.init(
            host: host,
            port: try reader.value(Settings.port) ?? security.standardPort,
            credentials: try Self.credentials(reader), security: security,
            authorityFile: try Self.authorityFile(reader), certificateFile: try reader.value(Settings.certificate),
            keyFile: try reader.value(Settings.key), sender: try Self.sender(reader),
            timeout: try reader.value(Settings.timeout))
        try checkOwnCertificate()
        guard security != .none || credentials == nil || isLocal else {
            throw ConfigurationFailure(
                key: "SMTP_TLS", reason: "is none, but SMTP_PASSWORD is set: it would cross the network in clear text")
        }
    }

    private static func credentials(_ reader: ConfigReader) throws(ConfigurationFailure) -> SMTPCredentials? {
        switch (try reader.value(Settings.username), try reader.value(Settings.password)) {
        case (nil, nil): return nil
        case (nil, _): throw ConfigurationFailure(key: "SMTP_USERNAME", reason: "is not set, but SMTP_PASSWORD is")
        case (_, nil): throw ConfigurationFailure(key: "SMTP_PASSWORD", reason: "is not set, but SMTP_USERNAME is")
        case (let username?, let password?):
            guard let credentials = SMTPCredentials(username: username, password: password) else {
                throw ConfigurationFailure(key: "SMTP_PASSWORD", reason: "or SMTP_USERNAME contains a NUL character")
            }
            return credentials
        }
    }

    private static func authorityFile(_ reader: ConfigReader) throws(ConfigurationFailure) -> String? {
        guard let path = try reader.value(Settings.authority) else { return nil }
        guard let certificates = try? NIOSSLCertificate.fromPEMFile(path), !certificates.isEmpty else {
            throw ConfigurationFailure(
                key: "SMTP_TLS_CA", reason: "is \"\(path)\", which is not a PEM file with certificates")
        }
        return path
    }

    /// Reads the files once now: a wrong path should stop the start, not surface as a mail that is not sent.
    private func checkOwnCertificate() throws(ConfigurationFailure) {
        guard certificateFile != nil || keyFile != nil else { return }
        guard let certificateFile, let keyFile else {
            let (missing, present) =
                keyFile == nil ? ("SMTP_TLS_KEY", "SMTP_TLS_CERT") : ("SMTP_TLS_CERT", "SMTP_TLS_KEY")
            throw ConfigurationFailure(key: missing, reason: "is missing: \(present) is set, and they belong together")
        }
        guard security != .none else {
            throw ConfigurationFailure(key: "SMTP_TLS_CERT", reason: "is set, but SMTP_TLS is none")
        }
        try PEMFile(path: certificateFile, variable: "SMTP_TLS_CERT").check()
        try PEMFile(path: keyFile, variable: "SMTP_TLS_KEY").check()
        guard (try? tlsContext()) != nil else {
            throw ConfigurationFailure(
                key: "SMTP_TLS_CERT",
                reason: "and SMTP_TLS_KEY must be PEM files with certificates and the key that belongs to them")
        }
    }

    private static func sender(_ reader: ConfigReader) throws(ConfigurationFailure) -> MailAddress {
        let own = try reader.value(Settings.sender)
        let original = try reader.value(Settings.originalSender)
        guard let text = own ?? original else {
            throw ConfigurationFailure(key: "SMTP_FROM", reason: "is not set, and neither is FROM_EMAIL")
        }
        guard let address = MailAddress(text) else {
            throw ConfigurationFailure(
                key: own == nil ? "FROM_EMAIL" : "SMTP_FROM",
                reason: "is \"\(text)\", but must be an address like arc@example.com or Arc <arc@example.com>")
        }
        return address
    }

    private var isLocal: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

    /// The name that the certificate must bear, or nil when the host is an address, which NIOSSL then looks for.
    var tlsServerName: String? { (try? SocketAddress(ipAddress: host, port: port)) == nil ? host : nil }

    /// Reads the authorities, and the certificate of this client. Blocks on files.
    func tlsContext() throws -> NIOSSLContext? {
        guard security != .none else { return nil }
        return try ClientTLS.context(
            authorityFile: authorityFile, certificateFile: certificateFile, keyFile: keyFile)
    }
}
