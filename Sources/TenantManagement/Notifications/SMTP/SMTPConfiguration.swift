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
    /// The sender of the mails.
    package var sender: MailAddress
    /// How long connecting may take, and each reply.
    package var timeout: Duration

    /// Makes a configuration.
    package init(
        host: String, port: Int? = nil, credentials: SMTPCredentials? = nil, security: Security = .startTLS,
        authorityFile: String? = nil, sender: MailAddress, timeout: Duration = .seconds(30)
    ) {
        self.host = host
        self.port = port ?? security.standardPort
        self.credentials = credentials
        self.security = security
        self.authorityFile = authorityFile
        self.sender = sender
        self.timeout = timeout
    }

    package static let configurationKeys = ConfigurationKeys(
        [
            "SMTP_HOST", "SMTP_PORT", "SMTP_USERNAME", "SMTP_TLS", "SMTP_TLS_CA", "SMTP_FROM", "FROM_EMAIL",
            "SMTP_TIMEOUT_SECONDS",
        ], secrets: ["SMTP_PASSWORD"])

    /// For errors.
    package static let tlsVariables = TLSVariables(
        authority: "SMTP_TLS_CA", certificate: nil, name: "SMTP_HOST", mode: "SMTP_TLS")

    /// Reads the variables below (as keys: `smtp.host`, …).
    ///
    /// - `SMTP_HOST`
    /// - `SMTP_PORT`: 587, or 465 when `SMTP_TLS` is `implicit`.
    /// - `SMTP_USERNAME` and `SMTP_PASSWORD` (secret): both or none.
    /// - `SMTP_TLS`: `starttls` (the default), `implicit` or `none`. With `none`, credentials are for a server on the
    ///   same machine only.
    /// - `SMTP_TLS_CA`: PEM file with the authorities to trust; those of the system when missing.
    /// - `SMTP_FROM`, or `FROM_EMAIL`: `arc@example.com` or `Arc <arc@example.com>`.
    /// - `SMTP_TIMEOUT_SECONDS`: 1 to 600, default 30; for connecting and for each reply.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        guard let host = reader.text("smtp.host") else {
            throw ConfigurationFailure(key: "SMTP_HOST", reason: "is not set")
        }
        let mode = reader.text("smtp.tls") ?? Security.startTLS.rawValue
        guard let security = Security(rawValue: mode) else {
            throw ConfigurationFailure(
                key: "SMTP_TLS", reason: "is \"\(mode)\", but must be starttls, implicit or none")
        }
        self.init(
            host: host,
            port: try reader.integer("smtp.port", default: security.standardPort, in: 1...65_535),
            credentials: try Self.credentials(reader), security: security,
            authorityFile: try Self.authorityFile(reader), sender: try Self.sender(reader),
            timeout: .seconds(try reader.integer("smtp.timeout.seconds", default: 30, in: 1...600)))
        guard security != .none || credentials == nil || isLocal else {
            throw ConfigurationFailure(
                key: "SMTP_TLS", reason: "is none, but SMTP_PASSWORD is set: it would cross the network in clear text")
        }
    }

    private static func credentials(_ reader: ConfigReader) throws(ConfigurationFailure) -> SMTPCredentials? {
        switch (reader.text("smtp.username"), try reader.secret("smtp.password")) {
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
        guard let path = reader.text("smtp.tls.ca") else { return nil }
        guard let certificates = try? NIOSSLCertificate.fromPEMFile(path), !certificates.isEmpty else {
            throw ConfigurationFailure(
                key: "SMTP_TLS_CA", reason: "is \"\(path)\", which is not a PEM file with certificates")
        }
        return path
    }

    private static func sender(_ reader: ConfigReader) throws(ConfigurationFailure) -> MailAddress {
        guard let text = reader.text("smtp.from") ?? reader.text("from.email") else {
            throw ConfigurationFailure(key: "SMTP_FROM", reason: "is not set, and neither is FROM_EMAIL")
        }
        guard let address = MailAddress(text) else {
            throw ConfigurationFailure(
                key: reader.text("smtp.from") == nil ? "FROM_EMAIL" : "SMTP_FROM",
                reason: "is \"\(text)\", but must be an address like arc@example.com or Arc <arc@example.com>")
        }
        return address
    }

    private var isLocal: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

    /// The name that the certificate must bear, or nil when the host is an address, which NIOSSL then looks for.
    var tlsServerName: String? { (try? SocketAddress(ipAddress: host, port: port)) == nil ? host : nil }

    /// Reads the authorities. Blocks on files.
    func tlsContext() throws -> NIOSSLContext? {
        guard security != .none else { return nil }
        return try ClientTLS.context(authorityFile: authorityFile)
    }
}
