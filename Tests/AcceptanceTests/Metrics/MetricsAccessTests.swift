import Configuration
import ConfigurationChecks
import Foundation
import JSONCoding
import Logging
import Orchestrator
import PostgresTestSupport
import Primitives
import ServiceLifecycle
import ServiceMetrics
import StackTestSupport
import TestSupport
import Testing

/// Who may read metrics and statistics.
@Suite(.timeLimit(.minutes(20))) struct MetricsAccessTests {
    private static let paths = ["/metrics", "/stats", "/swagger-stats/stats", "/swagger-stats/metrics"]

    @Test func `on the port of the service, operators with the permission read metrics and statistics`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let tenant = try await stack.createTenantID()
            let user = try await stack.tokens.userToken(tenant: tenant)
            for path in Self.paths {
                try await client.get(path).expect(401)
                try await client.get(path, token: "no.real.token").expect(401)
                try await client.get(path, token: user).expect(403)
                try await client.get(path, token: try await stack.tokens.operatorToken(["10203"])).expect(403)
                let code = path.hasSuffix("metrics") ? "10287" : "10288"
                try await client.get(path, token: try await stack.tokens.operatorToken([code])).expect(200)
                try await client.send("POST", path, [:], token: stack.admin).expect(405)
            }
            // The page has no figures, so everybody may have it.
            let page = try await client.get("/stats/ui").expect(200)
            #expect(page.headers["content-security-policy"]?.contains("default-src 'none'") == true)
            #expect(!page.text.contains("http://") && !page.text.contains("https://"))
            for file in ["app.js", "style.css"] { try await client.get("/stats/ui/\(file)").expect(200) }
            try await client.get("/stats/ui/other.js").expect(404)
        }
    }

    @Test func `the management port asks for the token that is configured`() async throws {
        let ports = ManagementPorts()
        let token = "0123456789abcdef"
        try await TestStack.run(
            [.orchestrator], environment: ["METRICS_TOKEN": token, "TENANT_MANAGEMENT_URL": "http://127.0.0.1:1"],
            logger: ports.logger
        ) { _ in
            let client = try await ports.client(.orchestrator)
            for path in ["/metrics", "/stats"] {
                let refused = try await client.get(path).expect(401)
                #expect(refused.headers["www-authenticate"] == "Bearer realm=\"Metrics\"")
                for wrong in ["0123456789abcdeF", "0123456789abcde", token + "0", ""] {
                    try await client.get(path, token: wrong).expect(401)
                }
                try await client.send("GET", path, headers: ["authorization": "Basic \(token)"]).expect(401)
                try await client.get(path, token: token).expect(200)
            }
            try await client.get("/stats/ui").expect(200)
        }
    }

    @Test func `metrics that are off are measured and served nowhere`() async throws {
        let ports = ManagementPorts()
        try await TestStack.run(
            [.tenantManagement], environment: ["METRICS_ENABLED": "false"], logger: ports.logger
        ) { stack in
            for path in Self.paths + ["/stats/ui"] {
                try await stack.tenantManagement.get(path, token: stack.admin).expect(404)
            }
            #expect(ports.all(.tenantManagement) == [])
        }
    }

    @Test(
        arguments: [
            (["METRICS_HOST": "0.0.0.0"], "METRICS_TOKEN"), (["METRICS_TOKEN": "short"], "METRICS_TOKEN"),
            (["METRICS_PORT": "65536"], "METRICS_PORT"), (["METRICS_PORT": "x"], "METRICS_PORT"),
            (["METRICS_TOP_TENANTS": "201"], "METRICS_TOP_TENANTS"), (["METRICS_ENABLED": "maybe"], "METRICS_ENABLED"),
            (["ENABLE_OBF": "true"], "SWAGGER_USER"),
            (["ENABLE_OBF": "true", "SWAGGER_USER": "a"], "SWAGGER_PASSWORD"),
            (["ENABLE_OBF": "true", "SWAGGER_USER": "a", "SWAGGER_PASSWORD": "short"], "SWAGGER_PASSWORD"),
            (["OBF_PATH": "obf"], "OBF_PATH"), (["OBF_PATH": "/a b"], "OBF_PATH"), (["OBF_PATH": "/{id}"], "OBF_PATH"),
            (["OBF_PATH": "/a//b"], "OBF_PATH"),
        ] as [([String: String], String)])
    func `a setting that would open metrics, or cannot be used, ends the start`(
        environment: [String: String], variable: String
    ) async throws {
        let reader = try EnvironmentReader.make(
            folder: "/nonexistent",
            environment: [
                "DB_USER": "arc", "DB_DATABASE": "arc", "MESSAGE_BUS_DB_USER": "arc", "MESSAGE_BUS_DB_DATABASE": "arc",
                "PROVISIONER_DB_USER": "arc", "PROVISIONER_DB_DATABASE": "arc", "JWT_SECRET": TestTokens.secret,
            ].merging(environment) { $1 })
        let failure = await #expect(throws: ConfigurationFailure.self) {
            _ = try await OrchestratorApp.make(reader: reader, logger: testLogger)
        }
        #expect(failure?.key == variable)
    }

    /// A management port without a service.
    private func serve(
        _ environment: [String: String], servicePort: Int, _ log: RecordedLog
    ) async throws -> ServiceGroup {
        let telemetry = try ServiceTelemetry(
            service: "test", reader: try EnvironmentReader.make(folder: "/nonexistent", environment: environment),
            servicePort: servicePort, clock: SystemClock(), logger: log.logger)
        return ServiceGroup(services: await telemetry.background(checks: []), logger: log.logger)
    }

    @Test func `a chosen port that is taken ends the service, and without a choice it runs without metrics`()
        async throws
    {
        let socket = try LoopbackSocket(port: UInt16(try TestCommand.freePort()))
        defer { socket.close() }
        let log = RecordedLog(.warning)
        let chosen = try await serve(["METRICS_PORT": "\(socket.port)"], servicePort: 3005, log)
        await #expect(throws: (any Error).self) { try await chosen.run() }

        let usual = try await serve([:], servicePort: socket.port - 10_000, log)
        let running = Task { try await usual.run() }
        try await eventually("the port is reported") { log.lines.contains { $0.contains("metrics are not served") } }
        await usual.triggerGracefulShutdown()
        try await running.value
    }
}
