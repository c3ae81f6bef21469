import Foundation
import PostgresTestSupport
import StackTestSupport
import Testing

/// Drills about keys and certificates.
extension OperationsDrill {
    static func rotateSecrets(_ section: OperationsSection, _ shell: OperationsShell) async throws {
        let make = try section.take("openssl rand")
        let key = try await shell.succeed(make)
        #expect(key.utf8.count == 64)
        try await ProcessStack.run { stack in
            let known = ["DATA_DECRYPTION_KEYS": key]
            let management = try await stack.start(.tenantManagement, known)
            _ = try await stack.start(.orchestrator, known)
            _ = await stack.create(management.client)
            try await stack.waitUntilAllAreActive()

            let keys = ["DATA_ENCRYPTION_KEY": key, "DATA_DECRYPTION_KEYS": TestTokens.secret]
            let database = try stack.data.database(.tenantManagement)
            let settings = OperationsShell.variables(of: database).merging(keys) { $1 }
            let count = try section.take("arc keys rotate --service tenant-management --dry-run")
            let rotate = try section.take("arc keys rotate --service tenant-management")
            let counted = try await shell.type(count, environment: settings)
            #expect(
                counted.status == 2 && counted.output.contains("main.outbox.data"), "\(counted.output)\(counted.errors)"
            )
            let done = try await shell.succeed(rotate, environment: settings)
            #expect(done.contains(" encrypted again"), "\(done)")
            try await shell.succeed(count, environment: settings.merging(["DATA_DECRYPTION_KEYS": ""]) { $1 })

            // A node with the new keys goes on with what the others have begun.
            let next = try await stack.start(.tenantManagement, keys)
            _ = try await stack.start(.orchestrator, keys)
            #expect(await stack.create(next.client).status == 201)
            try await stack.waitUntilAllAreActive()
        }
        try await TestDatabase.with(.tenantManagement) { database in
            // The role belongs to the tests' server, which trusts everybody: its password is of no use there.
            let answer = "uJ9sLbE4nGdAaQfH"
            try await shell.ask(try section.take("\\password"), in: database, answers: answer)
            let stored = try await database.texts("SELECT rolpassword FROM pg_authid WHERE rolname = 'tenant_mgmt_app'")
            #expect(stored.allSatisfy { $0.hasPrefix("SCRAM-SHA-256$") && !$0.contains(answer) } && stored.count == 1)
        }
    }

    static func examineCertificate(_ section: OperationsSection, _ shell: OperationsShell) async throws {
        try await TestAuthority.with { authority in
            let expired = try await authority.identity("server", names: "DNS:localhost", days: -1)
            let prepare = { (server: PostgresCluster) async throws in
                for (file, name) in [(expired.certificate, "server.crt"), (expired.key, "server.key")] {
                    let text = try String(contentsOfFile: file, encoding: .utf8)
                    try await server.run([
                        "sh", "-c", "umask 077; printf '%s' \"$1\" > \"$2\"", "sh", text,
                        "\(server.folder)/data/\(name)",
                    ])
                }
                try server.append("ssl = on\nssl_cert_file = 'server.crt'\nssl_key_file = 'server.key'\n")
            }
            try await PostgresCluster.with(usesTCP: true, prepare: prepare) { server in
                let port = "\(try #require(server.port))"
                let settings = [
                    "DB_HOST": "localhost", "DB_PORT": port, "DB_USER": "postgres", "DB_DATABASE": "postgres",
                    "DB_SSLMODE": "verify-full", "DB_SSLROOTCERT": authority.certificate,
                ]
                let status = try await shell.type(try section.take("arc migrate status"), environment: settings)
                #expect(status.status == 1 && status.errors.contains("its certificate has expired"), "\(status.errors)")
                let shown = try await shell.succeed(
                    try section.take("openssl s_client"), replacing: [("db.example.com:5432", "localhost:\(port)")])
                #expect(shown.contains("notAfter=") && shown.contains("DNS:localhost"), "\(shown)")
                #expect(shown.contains("Test Authority"))
                let reload = try section.take("SELECT pg_reload_conf()")
                let database = PostgresTestServer(host: "127.0.0.1", port: port, user: "postgres")
                let place = TestDatabase(name: "postgres", template: .orchestrator, server: database)
                #expect(try await shell.query(reload, in: place) == ["t"])
            }
        }
    }
}
