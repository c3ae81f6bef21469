import NIOSSL

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
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .fullVerification
        if let authorityFile { configuration.trustRoots = .file(authorityFile) }
        if let certificateFile, let keyFile {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificateFile)
                .map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: keyFile, format: .pem))
        }
        return try NIOSSLContext(configuration: configuration)
    }
}
