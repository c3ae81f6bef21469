import ConfigurationChecks
import Glibc
import JSONCoding
import Logging
import Orchestrator
import PostgresTestSupport
import ServiceKit
import ServicePlatform
import StackTestSupport
import Subscription
import TenantManagement
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(20))) struct DoctorTests {
    private func examine(
        _ environment: [String: String], _ arguments: [String] = []
    ) async throws -> (status: Int32, checks: [String: JSONValue], text: String) {
        let outcome = try await ArcCommand.run(
            ["doctor", "--service", "tenant-management", "--json"] + arguments, environment: environment)
        let json = try JSONValue.parse(outcome.output)
        var checks: [String: JSONValue] = [:]
        for check in json["services"]?[0]?["checks"]?.arrayValue ?? [] {
            if let name = check["name"]?.stringValue { checks[name] = check }
        }
        return (outcome.status, checks, outcome.output)
    }

    @Test func `the doctor says of each dependency what is wrong and what to do`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let port = try #require(stack.node(.tenantManagement)?.port)
            let variables = try stack.data.variables(.tenantManagement, tenantManagement: nil)
                .merging(["PORT": "\(port)", "PDF_RENDERER_PATH": try ArcCommand.pdfRenderer()]) { $1 }

            let fine = try await examine(variables)
            for name in [
                "configuration", "PostgreSQL", "clock", "message bus", "events", "Redis", "mail", "tracing",
                "read replicas",
            ] {
                #expect(fine.checks[name]?["state"] == "ok", "\(name): \(fine.text)")
            }
            #expect(fine.checks["HTTP"]?["message"] == "ok" && fine.checks["tracing"]?["message"] == "off")

            let away = try await examine(
                variables.merging([
                    "REDIS_PORT": "1", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
                    "NOTIFICATION_TRANSPORT": "smtp", "SMTP_HOST": "127.0.0.1", "SMTP_PORT": "1",
                    "FROM_EMAIL": "arc@example.com", "DB_READ_HOSTS": "127.0.0.1:1",
                ]) { $1 })
            #expect(away.status == 1)
            for name in ["Redis", "mail"] {
                #expect(away.checks[name]?["state"] == "failed", "\(name): \(away.text)")
                #expect(away.checks[name]?["advice"]?.stringValue?.hasPrefix("Check ") == true)
            }
            for name in ["tracing", "read replicas"] {
                #expect(away.checks[name]?["state"] == "limited", "the service works without it: \(away.text)")
            }
            #expect(away.text.contains("127.0.0.1:1 is left out: unreachable"))

            try await stack.database(.tenantManagement).query(
                """
                INSERT INTO main.outbox (event_id, type, version, occurred_at, data, state, attempts, last_error)
                VALUES (gen_random_uuid(), 'TEST', 1, now(), '{}', 2, 9, 'test')
                """)
            let late = try await examine(variables)
            let letters = late.checks["health of deadLetters"]
            #expect(letters?["state"] == "limited" && letters?["message"] == "1 waiting", "\(late.text)")
            #expect(letters?["advice"]?.stringValue?.contains("arc events dead") == true)
        }
    }

    @Test func `a server that says nothing is given up in time`() async throws {
        let socket = try LoopbackSocket(port: 0)
        defer { socket.close() }
        #expect(listen(socket.descriptor, 8) == 0)
        let found = try await examine(
            [
                "DB_HOST": "127.0.0.1", "DB_PORT": "\(socket.port)", "DB_USER": "arc", "DB_PASSWORD": "secret",
                "DB_DATABASE": "arc", "JWT_SECRET": "secret", "DB_CONNECTION_TIMEOUT_MILLIS": "600000",
                "MESSAGE_BUS_DB_USER": "arc", "MESSAGE_BUS_DB_DATABASE": "arc",
            ], ["--timeout", "1"])
        #expect(found.status == 1)
        #expect(found.checks["PostgreSQL"]?["message"] == "there was no answer within 1 s", "\(found.text)")
        for name in ["clock", "migrations", "events"] {
            #expect(found.checks[name]?["state"] == "failed", "\(name): \(found.text)")
            #expect(found.checks[name]?["advice"]?.stringValue?.hasPrefix("Repair PostgreSQL first") == true)
        }
    }

    @Test func `every health check of every service says what to do`() async throws {
        let environment = [
            "DB_USER": "arc", "DB_DATABASE": "arc", "MESSAGE_BUS_DB_USER": "arc", "MESSAGE_BUS_DB_DATABASE": "arc",
            "PROVISIONER_DB_USER": "arc", "PROVISIONER_DB_DATABASE": "arc", "JWT_SECRET": "secret",
            "JWT_JWKS_URL": "https://id.example.com/keys", "TENANT_MANAGEMENT_URL": "http://127.0.0.1:1",
        ]
        let reader = try EnvironmentReader.make(folder: "/nonexistent", environment: environment)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let services = [
            try await TenantManagementApp.make(reader: reader, logger: logger),
            try await SubscriptionApp.make(reader: reader, logger: logger),
            try await OrchestratorApp.make(reader: reader, logger: logger),
        ]
        for check in services.flatMap(\.healthChecks) { #expect(!check.advice.isEmpty, "\(check.name)") }
    }
}
