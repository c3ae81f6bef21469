import ConfigurationChecks
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
        await Self.expectRefusal(configuration, .tls(TLSFault(.wrongName, .redis())))
        configuration.tls = RedisTLS()  // the system does not know this authority
        await Self.expectRefusal(configuration, .tls(TLSFault(.unknownAuthority, .redis())))
        configuration.tls = RedisTLS(authorityFile: certificates.authority)
        configuration.endpoint = .host("127.0.0.1", port: server.port)  // not in the certificate
        await Self.expectRefusal(configuration, .tls(TLSFault(.wrongName, .redis())))
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

    @Test func `each wrong certificate is refused with its cause and the variable, also after a reconnect`()
        async throws
    {
        try await TestAuthority.with { authority in
            let other = try await TestAuthority.make()
            defer { other.remove() }
            let names = "DNS:localhost"
            let right = try await authority.identity("right", names: names)
            let cases: [(TestAuthority.Identity, TLSFault.Cause)] = [
                (try await authority.identity("old", names: names, days: -1), .expired),
                (try await authority.identity("name", names: "DNS:other.example"), .wrongName),
                (try await other.identity("other", names: names), .unknownAuthority),
                (try await authority.selfSigned("self", names: names), .selfSigned),
            ]
            let used = TestAuthority.Identity(
                certificate: "\(authority.folder.path)/used.pem", key: "\(authority.folder.path)/used.key")
            func use(_ identity: TestAuthority.Identity) async throws {
                try await TestCommand.run(["cp", identity.certificate, used.certificate])
                try await TestCommand.run(["cp", identity.key, used.key])
            }
            try await use(right)
            let server = try await RedisServerProcess(
                [
                    "--tls-cert-file", used.certificate, "--tls-key-file", used.key, "--tls-ca-cert-file",
                    authority.certificate, "--tls-auth-clients", "no",
                ], usesTLS: true)
            var configuration = server.configuration
            configuration.endpoint = .host("localhost", port: server.port)
            configuration.tls = RedisTLS(authorityFile: authority.certificate)
            configuration.tls?.variables = .redis("MESSAGE_BUS_")
            configuration.commandTimeout = .seconds(2)
            try await withClient(configuration) { client in
                try await client.ping()
                for (identity, cause) in cases {
                    try await server.stop()
                    try await use(identity)
                    try await server.start()
                    let fault = TLSFault(cause, .redis("MESSAGE_BUS_"))
                    #expect("\(fault)".contains("MESSAGE_BUS_REDIS_"))
                    try await eventually("the certificate is refused: \(fault)") {
                        do {
                            try await client.ping()
                            return false
                        } catch {
                            return error as? RedisError == .notConnected(.tls(fault))
                        }
                    }
                }
                try await server.stop()
                try await use(right)
                try await server.start()
                try await eventually("the client connects again") { (try? await client.ping()) != nil }
            }
        }
    }

    private static func expectRefusal(_ configuration: RedisConfiguration, _ failure: RedisConnectionFailure) async {
        await #expect(throws: RedisError.notConnected(failure)) {
            try await withClient(configuration) { try await $0.ping() }
        }
    }
}
