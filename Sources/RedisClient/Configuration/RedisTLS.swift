package import ConfigurationChecks
import NIOSSL
import TransportSecurity

/// How TLS is spoken: the server's certificate and name are always verified. NIOSSL also accepts a trusted certificate
/// that bears the peer's IP address instead of the name.
package struct RedisTLS: Sendable, Hashable {
    /// PEM file with the authorities to trust; nil for those of the system.
    package var authorityFile: String?
    /// PEM file with the client's certificate chain, when the server asks for one (`tls-auth-clients yes`).
    package var certificateFile: String?
    /// PEM file with the client's private key.
    package var keyFile: String?
    /// The name that the certificate must bear; nil for the host of the endpoint.
    package var serverName: String?

    /// For errors.
    package var variables = TLSVariables.redis()

    /// Makes settings. A client certificate needs both files.
    package init(
        authorityFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil, serverName: String? = nil
    ) {
        self.authorityFile = authorityFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.serverName = serverName
    }

    /// Reads the files.
    func context() throws -> NIOSSLContext {
        try ClientTLS.context(authorityFile: authorityFile, certificateFile: certificateFile, keyFile: keyFile)
    }
}

extension TLSVariables {
    /// The settings of Redis.
    /// - Parameter scope: What is in front of their names, such as `MESSAGE_BUS_`.
    package static func redis(_ scope: String = "") -> TLSVariables {
        TLSVariables(
            authority: "\(scope)REDIS_TLS_CA", certificate: "\(scope)REDIS_TLS_CERT",
            name: "\(scope)REDIS_HOST (or \(scope)REDIS_TLS_SERVER_NAME)", mode: "\(scope)REDIS_TLS_ENABLED")
    }
}
