package import NIOSSL

/// How clients use TLS: from version 1.2 on, and the server's certificate and name are always verified.
package enum ClientTLS {
    /// What every client begins with: the authorities of the system, and no certificate of its own.
    package static var configuration: TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .fullVerification
        return configuration
    }

    /// Reads the files. Blocks on them.
    /// - Parameters:
    ///   - authorityFile: PEM file with the authorities to trust; nil for those of the system.
    ///   - certificateFile: PEM file with the client's certificates, with `keyFile`.
    package static func context(
        authorityFile: String?, certificateFile: String? = nil, keyFile: String? = nil
    ) throws -> NIOSSLContext {
        var configuration = Self.configuration
        if let authorityFile { configuration.trustRoots = .file(authorityFile) }
        if let certificateFile, let keyFile {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificateFile)
                .map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: keyFile, format: .pem))
        }
        return try NIOSSLContext(configuration: configuration)
    }
}
