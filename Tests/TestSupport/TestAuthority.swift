package import Foundation

/// Certificates that a test makes with the `openssl` command: an authority, and servers and clients with its certificates.
package struct TestAuthority: Sendable {
    /// A certificate with its key.
    package struct Identity: Sendable, Hashable {
        /// PEM file.
        package let certificate: String
        /// PEM file that only its owner may read.
        package let key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    private static let keyOptions = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

    /// Everybody may read it, but for the keys.
    package let folder: URL
    /// PEM file of the authority.
    package var certificate: String { path("ca.pem") }

    /// Makes an authority in a folder of its own.
    package static func make() async throws -> TestAuthority {
        let authority = TestAuthority(folder: TestCommand.temporaryFile("authority"))
        try FileManager.default.createDirectory(at: authority.folder, withIntermediateDirectories: true)
        try await TestCommand.run(
            [
                "openssl", "req", "-x509", "-days", "2", "-subj", "/CN=Test Authority", "-keyout",
                authority.path("ca.key"), "-out", authority.certificate,
            ] + keyOptions)
        return authority
    }

    /// Runs `body` with an authority that is removed afterwards.
    package static func with<Value>(_ body: (TestAuthority) async throws -> Value) async throws -> Value {
        let authority = try await make()
        return try await withCleanup {
            try await body(authority)
        } cleanup: {
            authority.remove()
        }
    }

    /// A certificate of this authority.
    /// - Parameters:
    ///   - name: For its files.
    ///   - names: What it is made out to, as openssl spells subject alternative names.
    ///   - days: How long it is valid; less than 0: it has expired.
    package func identity(
        _ name: String, names: String, subject: String = "arc", days: Int = 2
    ) async throws -> Identity {
        let identity = Identity(certificate: path("\(name).pem"), key: path("\(name).key"))
        try Data("subjectAltName=\(names)\n".utf8).write(to: folder.appendingPathComponent("\(name).names"))
        try await TestCommand.run(
            [
                "openssl", "req", "-subj", "/CN=\(subject)", "-keyout", identity.key, "-out", path("\(name).csr"),
            ] + Self.keyOptions)
        try await TestCommand.run([
            "openssl", "x509", "-req", "-days", "\(days)", "-in", path("\(name).csr"), "-CA", certificate, "-CAkey",
            path("ca.key"), "-set_serial", "\(Int.random(in: 1...1_000_000_000))", "-extfile", path("\(name).names"),
            "-out", identity.certificate,
        ])
        return identity
    }

    /// A certificate that nobody but its owner has signed.
    package func selfSigned(_ name: String, names: String) async throws -> Identity {
        let identity = Identity(certificate: path("\(name).pem"), key: path("\(name).key"))
        try await TestCommand.run(
            [
                "openssl", "req", "-x509", "-days", "2", "-subj", "/CN=itself", "-addext", "subjectAltName=\(names)",
                "-keyout", identity.key, "-out", identity.certificate,
            ] + Self.keyOptions)
        return identity
    }

    package func remove() { try? FileManager.default.removeItem(at: folder) }

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
}
