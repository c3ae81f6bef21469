import Foundation
import RedisTestSupport
import TestSupport
import Testing

@testable import RedisClient

/// An authority and a certificate made with openssl for one test.
private struct Certificates {
    let folder: URL
    var authority: String { folder.appendingPathComponent("ca.pem").path }
    var certificate: String { folder.appendingPathComponent("server.pem").path }
    var key: String { folder.appendingPathComponent("server.key").path }

    /// - Parameter names: of the server, as openssl spells subject alternative names.
    init(names: String) async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("redis-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data("subjectAltName=\(names)\n".utf8).write(
            to: folder.appendingPathComponent("names"))
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        try await openssl(
            ["req", "-x509", "-days", "1", "-subj", "/CN=Test Authority", "-keyout", "ca.key", "-out", "ca.pem"] + key)
        try await openssl(["req", "-subj", "/CN=redis", "-keyout", "server.key", "-out", "server.csr"] + key)
        try await openssl([
            "x509", "-req", "-days", "1", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-extfile", "names", "-out", "server.pem",
        ])
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    /// - Parameter clients: whether the server asks clients for a certificate.
    func server(clients: Bool) async throws -> RedisServerProcess {
        try await RedisServerProcess(
            [
                "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", authority,
                "--tls-auth-clients", clients ? "yes" : "no",
            ], usesTLS: true)
    }

    private func openssl(_ arguments: [String]) async throws {
        let outcome = try await TestCommand.outcome(of: ["openssl"] + arguments, in: folder)
        try #require(outcome.status == 0, "openssl \(arguments[0]) failed: \(outcome.errors)")
    }
}

@Suite(.timeLimit(.minutes(20))) struct RedisTLSTests {
    @Test func `authority and host name are verified`() async throws {
        let certificates = try await Certificates(names: "DNS:localhost")
        defer { certificates.remove() }
        let server = try await certificates.server(clients: false)
        var configuration = server.configuration
        configuration.endpoint = .host("localhost", port: server.port)
        configuration.tls = RedisTLS(authorityFile: certificates.authority)
        try await withClient(configuration) { client in
            try await client.set("k", [UInt8](repeating: 5, count: 100_000))
            #expect(try await client.get("k")?.count == 100_000)
        }
        configuration.tls = RedisTLS(authorityFile: certificates.authority, serverName: "other.example")
        await Self.expectRefusal(configuration, .tls)
        configuration.tls = RedisTLS()  // the system does not know this authority
        await Self.expectRefusal(configuration, .tls)
        configuration.tls = RedisTLS(authorityFile: certificates.authority)
        configuration.endpoint = .host("127.0.0.1", port: server.port)  // not in the certificate
        await Self.expectRefusal(configuration, .tls)
        configuration.tls?.serverName = "localhost"
        try await withClient(configuration) { try await $0.ping() }
    }

    @Test func `an address is verified`() async throws {
        let certificates = try await Certificates(names: "IP:127.0.0.1")
        defer { certificates.remove() }
        let server = try await certificates.server(clients: false)
        var configuration = server.configuration
        configuration.tls = RedisTLS(authorityFile: certificates.authority)
        try await withClient(configuration) { try await $0.ping() }
    }

    @Test func `a client certificate is presented`() async throws {
        let certificates = try await Certificates(names: "IP:127.0.0.1")
        defer { certificates.remove() }
        let server = try await certificates.server(clients: true)
        var configuration = server.configuration
        configuration.tls = RedisTLS(
            authorityFile: certificates.authority, certificateFile: certificates.certificate, keyFile: certificates.key)
        try await withClient(configuration) { try await $0.ping() }
        configuration.tls = RedisTLS(authorityFile: certificates.authority)
        await #expect(throws: RedisError.self) { try await withClient(configuration) { try await $0.ping() } }
    }

    @Test func `a client never falls back to plaintext`() async throws {
        let server = try await RedisServerProcess()
        var configuration = server.configuration
        configuration.tls = RedisTLS()
        configuration.connectTimeout = .milliseconds(500)
        // The server takes the TLS greeting for a command that is not complete yet.
        await Self.expectRefusal(configuration, .connectTimeout)
    }

    private static func expectRefusal(_ configuration: RedisConfiguration, _ failure: RedisConnectionFailure) async {
        await #expect(throws: RedisError.notConnected(failure)) {
            try await withClient(configuration) { try await $0.ping() }
        }
    }
}
