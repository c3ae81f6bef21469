import Foundation
import NIOSSL
import TestSupport

/// A self-signed certificate, made once for a run of the tests by the `openssl` command.
struct TestCertificate: Sendable {
    /// PEM file.
    let path: String
    let context: NIOSSLContext

    /// For `localhost` and `127.0.0.1`.
    static let local = Task { try await TestCertificate(names: "DNS:localhost,IP:127.0.0.1") }
    /// For another host.
    static let foreign = Task { try await TestCertificate(names: "DNS:mail.example") }

    private init(names: String) async throws {
        let folder = TestCommand.temporaryFile("smtp")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.appendingPathComponent("certificate.pem").path
        let key = folder.appendingPathComponent("key.pem").path
        try await TestCommand.run([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2", "-subj", "/CN=test", "-addext", "subjectAltName=\(names)", "-keyout", key, "-out", path,
        ])
        context = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: NIOSSLCertificate.fromPEMFile(path).map { .certificate($0) },
                privateKey: .privateKey(NIOSSLPrivateKey(file: key, format: .pem))))
    }
}
