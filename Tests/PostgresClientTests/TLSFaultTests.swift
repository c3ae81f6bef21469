import ConfigurationChecks
import Foundation
import PostgresClient
import PostgresTestSupport
import Testing

/// A PostgreSQL server with certificates that are right or wrong, and passwords by SCRAM.
@Suite(.timeLimit(.minutes(20))) struct TLSFaultTests {
    private static let password = "kq3PpT0m1hCwX5v8"
    private static let version: PostgresStatement =
        "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl"

    /// Runs `body` with a server that has a certificate of an authority.
    private static func withServer(
        clientCertificates: Bool = false, _ body: (PostgresCluster, TestAuthority) async throws -> Void
    ) async throws {
        try await TestAuthority.with { authority in
            let right = try await authority.identity("right", names: "DNS:localhost")
            let prepare = { (server: PostgresCluster) async throws in
                try await install(right, in: server)
                try await copy(authority.certificate, to: "\(server.folder)/data/ca.pem", of: server)
                try server.append(
                    """
                    ssl = on
                    ssl_cert_file = 'server.crt'
                    ssl_key_file = 'server.key'
                    ssl_ca_file = 'ca.pem'
                    password_encryption = 'scram-sha-256'

                    """)
                let options = clientCertificates ? "clientcert=verify-ca" : ""
                try await write(
                    "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256 \(options)\n",
                    to: "\(server.folder)/data/pg_hba.conf", of: server)
            }
            try await PostgresCluster.with(usesTCP: true, prepare: prepare) { server in
                try await TestServer.withPool(server.configuration()) { pool in
                    try await pool.execute("CREATE ROLE app LOGIN PASSWORD '\(password)'")
                }
                try await body(server, authority)
            }
        }
    }

    /// Gives the server a certificate; one that runs has to be told.
    private static func install(_ identity: TestAuthority.Identity, in server: PostgresCluster) async throws {
        try await copy(identity.certificate, to: "\(server.folder)/data/server.crt", of: server)
        try await copy(identity.key, to: "\(server.folder)/data/server.key", of: server)
    }

    private static func change(to identity: TestAuthority.Identity, _ server: PostgresCluster) async throws {
        try await install(identity, in: server)
        try await reload(server)
    }

    private static func reload(_ server: PostgresCluster) async throws {
        try await TestServer.withPool(server.configuration()) { pool in
            try await pool.expect(1, "SELECT pg_reload_conf()::integer::bigint")
        }
    }

    private static func copy(_ path: String, to target: String, of server: PostgresCluster) async throws {
        try await write(try String(contentsOfFile: path, encoding: .utf8), to: target, of: server)
    }

    /// As the server's user, who must own its key.
    private static func write(_ text: String, to target: String, of server: PostgresCluster) async throws {
        try await server.run(["sh", "-c", "umask 077; printf '%s' \"$1\" > \"$2\"", "sh", text, target])
    }

    private static func configuration(
        _ server: PostgresCluster, _ mode: PostgresConfiguration.TLSMode, root: String?, host: String = "localhost"
    ) -> PostgresConfiguration {
        server.configuration {
            $0.host = host
            $0.user = "app"
            $0.password = password
            $0.tlsMode = mode
            $0.rootCertificate = root
        }
    }

    /// Waits for the reason, because a server that was told of a new certificate needs a moment.
    private static func expectRefusal(
        _ configuration: PostgresConfiguration, _ cause: TLSFault.Cause, naming variable: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        var impatient = configuration
        impatient.connectionTimeout = .seconds(2)
        let sentence = "\(TLSFault(cause, .postgres("DB")))"
        #expect(sentence.contains(variable), sourceLocation: sourceLocation)
        var last = ""
        try await eventually("the connection is refused because \(sentence)") {
            try await TestServer.withPool(impatient) { pool in
                let error = await failure(sourceLocation: sourceLocation) { try await pool.query(version) }
                last = error?.reason ?? ""
            }
            return last.hasSuffix("cannot connect: \(sentence)")
        }
        #expect(last.hasSuffix("cannot connect: \(sentence)"), sourceLocation: sourceLocation)
    }

    private static func expectConnection(
        _ configuration: PostgresConfiguration, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await TestServer.withPool(configuration) { pool in
            let result = try await pool.query(version)
            #expect(try result.first?.text(0).hasPrefix("TLS") == true, sourceLocation: sourceLocation)
        }
    }

    @Test func `the right certificate connects, and each wrong one is refused with its cause and the variable`()
        async throws
    {
        try await Self.withServer { server, authority in
            let full = Self.configuration(server, .verifyFull, root: authority.certificate)
            let chain = Self.configuration(server, .verifyCertificate, root: authority.certificate, host: "127.0.0.1")
            try await Self.expectConnection(full)
            try await Self.expectConnection(chain)
            let address = Self.configuration(server, .verifyFull, root: authority.certificate, host: "127.0.0.1")
            try await Self.expectRefusal(address, .wrongName, naming: "DB_HOST")

            let other = try await TestAuthority.make()
            defer { other.remove() }
            let cases: [(TestAuthority.Identity, TLSFault.Cause, String)] = [
                (try await authority.identity("old", names: "DNS:localhost", days: -1), .expired, "DB_SSLROOTCERT"),
                (try await other.identity("other", names: "DNS:localhost"), .unknownAuthority, "DB_SSLROOTCERT"),
                (try await authority.selfSigned("self", names: "DNS:localhost"), .selfSigned, "DB_SSLROOTCERT"),
            ]
            for (identity, cause, variable) in cases {
                try await Self.change(to: identity, server)
                try await Self.expectRefusal(full, cause, naming: variable)
                try await Self.expectRefusal(chain, cause, naming: variable)
            }
            try await Self.change(to: try await authority.identity("name", names: "DNS:other.example"), server)
            try await Self.expectRefusal(full, .wrongName, naming: "DB_HOST")
            try await Self.expectConnection(chain)
        }
    }

    @Test func `a pool notices a wrong certificate when it connects again, and a right one after it`() async throws {
        try await Self.withServer { server, authority in
            let right = try await authority.identity("again", names: "DNS:localhost")
            let expired = try await authority.identity("old", names: "DNS:localhost", days: -1)
            try await TestServer.withPool(Self.configuration(server, .verifyFull, root: authority.certificate)) {
                pool in
                try await pool.expect(1, "SELECT 1::bigint")
                try await Self.install(expired, in: server)
                try await server.restart()
                try await eventually("the pool refuses the certificate") {
                    do {
                        _ = try await pool.query("SELECT 1::bigint")
                        return false
                    } catch let error as PostgresError {
                        return error.reason.contains("has expired")
                    }
                }
                try await Self.install(right, in: server)
                try await server.restart()
                try await eventually("the pool connects again") {
                    (try? await pool.integer("SELECT 1::bigint")) == 1
                }
            }
        }
    }

    @Test func `clear text is refused by both sides, and never used instead`() async throws {
        try await Self.withServer { server, authority in
            try await Self.expectRefusal(
                Self.configuration(server, .disable, root: nil), .onlyTLS, naming: "DB_SSLMODE")
            try server.append("ssl = off\n")
            try await server.run([
                "sh", "-c", "echo 'host all all 127.0.0.1/32 scram-sha-256' >> \"$1\"", "sh",
                "\(server.folder)/data/pg_hba.conf",
            ])
            try await server.restart()
            for mode in [PostgresConfiguration.TLSMode.require, .verifyCertificate, .verifyFull] {
                let configuration = Self.configuration(server, mode, root: authority.certificate)
                try await Self.expectRefusal(configuration, .noTLS, naming: "DB_SSLMODE")
            }
        }
    }

    @Test func `a client certificate is presented, and a wrong or missing one is refused`() async throws {
        try await Self.withServer(clientCertificates: true) { server, authority in
            var configuration = Self.configuration(server, .verifyFull, root: authority.certificate)
            try await Self.expectRefusal(configuration, .clientRefused, naming: "DB_SSLCERT")
            let client = try await authority.identity("client", names: "DNS:client", subject: "app")
            (configuration.clientCertificate, configuration.clientKey) = (client.certificate, client.key)
            try await Self.expectConnection(configuration)

            let other = try await TestAuthority.make()
            defer { other.remove() }
            let stranger = try await other.identity("stranger", names: "DNS:client", subject: "app")
            (configuration.clientCertificate, configuration.clientKey) = (stranger.certificate, stranger.key)
            try await Self.expectRefusal(configuration, .clientRefused, naming: "DB_SSLCERT")

            configuration.clientKey = client.key
            try await Self.expectRefusal(configuration, .files, naming: "DB_SSLCERT")
            configuration.rootCertificate = "\(authority.folder.path)/missing"
            try await Self.expectRefusal(configuration, .files, naming: "DB_SSLROOTCERT")
        }
    }

    @Test func `a wrong password is refused by SCRAM without a word about TLS`() async throws {
        try await Self.withServer { server, authority in
            var configuration = Self.configuration(server, .verifyFull, root: authority.certificate)
            configuration.password = "another password"
            configuration.connectionTimeout = .seconds(2)
            try await TestServer.withPool(configuration) { pool in
                let error = await failure { try await pool.query(Self.version) }
                #expect(error?.reason.contains("certificate") == false)
                #expect(error?.description.contains("another password") == false)
            }
            try await TestServer.withPool(server.configuration()) { pool in
                let stored = try await pool.query("SELECT rolpassword FROM pg_authid WHERE rolname = 'app'")
                #expect(try stored.first?.text(0).hasPrefix("SCRAM-SHA-256$") == true)
            }
        }
    }
}
