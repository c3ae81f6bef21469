import PostgresClient
import PostgresTestSupport
import Testing

/// A server with a certificate made out to `localhost`, signed by itself.
@Suite(.timeLimit(.minutes(20))) struct TLSTests {
    @Test func `certificates are checked`() async throws {
        let prepare = { (server: PostgresCluster) async throws in
            for name in ["server", "other"] {
                try await server.run([
                    "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", "\(server.folder)/data/\(name).key", "-out",
                    "\(server.folder)/\(name).crt",
                ])
                try await server.run(["chmod", "600", "\(server.folder)/data/\(name).key"])
                try await server.run(["chmod", "755", server.folder])
            }
            try server.append(
                """
                ssl = on
                ssl_cert_file = '\(server.folder)/server.crt'
                ssl_key_file = '\(server.folder)/data/server.key'

                """)
        }
        try await PostgresCluster.with(usesTCP: true, prepare: prepare) { server in
            func configuration(
                _ mode: PostgresConfiguration.TLSMode, host: String, root: String?, timeout: Duration = .seconds(60)
            ) -> PostgresConfiguration {
                server.configuration {
                    $0.host = host
                    $0.tlsMode = mode
                    $0.rootCertificate = root.map { "\(server.folder)/\($0).crt" }
                    $0.connectionTimeout = timeout
                }
            }
            let version: PostgresStatement = "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl"
            let accepted = [
                configuration(.verifyFull, host: "localhost", root: "server"),
                configuration(.verifyCertificate, host: "127.0.0.1", root: "server"),
                configuration(.require, host: "127.0.0.1", root: nil),
            ]
            for configuration in accepted {
                try await TestServer.withPool(configuration) { pool in
                    let result = try await pool.query(version)
                    #expect(try result.first?.text(0).hasPrefix("TLS") == true, "\(configuration)")
                    try await Self.transferMuch(pool)
                }
            }
            let refused = [
                configuration(.verifyFull, host: "127.0.0.1", root: "server", timeout: .seconds(5)),
                configuration(.verifyFull, host: "localhost", root: "other", timeout: .seconds(5)),
            ]
            for configuration in refused {
                try await TestServer.withPool(configuration) { pool in
                    let error = await failure { try await pool.query(version) }
                    #expect(error?.kind == .connection && error?.serverMessage?.isEmpty == false, "\(configuration)")
                }
            }
        }
    }

    /// Answers of many sizes, some larger than a TLS record: what OpenSSL holds back must not be waited for.
    private static func transferMuch(_ pool: PostgresPool) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for size in [1, 100, 8000, 16000, 16384, 17000, 32768, 100_000, 1_000_000] as [Int64] {
                group.addTask {
                    for offset in 0..<20 as Range<Int64> {
                        let result = try await pool.query(
                            "SELECT repeat('x', $1::int4)", [.int32(Int32(size + offset))])
                        #expect(result.first?.withBytes(0) { Int64($0.count) } == size + offset)
                    }
                }
            }
            try await group.waitForAll()
        }
        let text = String(repeating: "y", count: 3_000_000)
        let echo = try await pool.query("SELECT $1::text", [.text(text)])
        #expect(try echo.first?.text(0) == text)
    }
}
