import Foundation
import NIOSSL

/// A self-signed certificate, made once for a run of the tests by the `openssl` command.
struct TestCertificate: Sendable {
    /// PEM file.
    let path: String
    let context: NIOSSLContext

    /// For `localhost` and `127.0.0.1`; nil without the command, and then the tests that need it fail.
    static let local = TestCertificate(names: "DNS:localhost,IP:127.0.0.1")
    /// For another host.
    static let foreign = TestCertificate(names: "DNS:mail.example")

    private init?(names: String) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("smtp-\(UUID().uuidString)")
        let certificate = folder.appendingPathComponent("certificate.pem").path
        let key = folder.appendingPathComponent("key.pem").path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2",
            "-subj", "/CN=test", "-addext", "subjectAltName=\(names)", "-keyout", key, "-out", certificate,
        ]
        process.standardError = FileHandle.nullDevice
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try process.run()
            process.waitUntilExit()
            context = try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
                    privateKey: .privateKey(NIOSSLPrivateKey(file: key, format: .pem))))
            path = certificate
        } catch {
            return nil
        }
    }
}
