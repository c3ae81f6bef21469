import Foundation
import JSONCoding
import PostgresTestSupport
import PrometheusMetrics
import ServiceMetrics
import StackTestSupport
import TestSupport
import Testing

/// Metrics of real services, read as Prometheus does.
@Suite(.timeLimit(.minutes(20))) struct MetricsTests {
    private static let kinds = TestStack.ServiceKind.allCases

    /// A prospect becomes a provisioned tenant with a subscription.
    private func doMainJob(_ stack: TestStack) async throws {
        let key = TestStack.uniqueKey()
        let (lead, token) = try await stack.validatedLead(key)
        let tenant = try await stack.tenantManagement.post(
            "/leads/\(lead)/tenants", ["key": .string(key), "domains": [.string("\(key).example.com")]], token: token
        ).expect(201).string("id")
        try await stack.awaitAnnouncement(ofTenant: tenant)
        let plan = try await stack.plan(tier: "STANDARD")
        try await stack.subscription.post(
            "/subscriptions", ["subscriberId": .string(tenant), "planId": .string(plan), "status": 1],
            token: stack.admin
        ).expect(201)
        try await eventually("the tenant is ACTIVE") { try await stack.status(ofTenant: tenant) == 0 }
        // As its own user, and twice, so that memory has it.
        let user = try await stack.tokens.userToken(tenant: tenant)
        for _ in 0..<2 { try await stack.tenantManagement.get("/tenants/\(tenant)", token: user).expect(200) }
        try await stack.tenantManagement.get("/tenants/\(WalkTests.unknown)", token: user).expect(404)
    }

    @Test func `the services show every documented metric, as promtool and the official client read it`()
        async throws
    {
        let ports = ManagementPorts()
        // Spans are measured where they are recorded, also if nobody takes them.
        let tracing = ["ENABLE_TRACING": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"]
        try await TestStack.run(environment: tracing, logger: ports.logger) { stack in
            try await doMainJob(stack)
            // Those of read replicas need replicas: ReplicatedServiceTests.
            let documented = Set(MetricCatalog.all.map(\.name)).subtracting(MetricCatalog.replicas.map(\.name))
            // Some appear a moment later: the probe of the scheduler, the first round of periodic work.
            let scrapes = try await scrapes(ports, showing: documented)
            for scrape in scrapes {
                #expect(scrape.names.subtracting(documented) == [])
                try await scrape.expectAccepted()
                #expect(scrape.samples.filter { $0.key.hasPrefix("arc_metrics_source_up") && $0.value != 1 } == [:])
            }
            let management = scrapes[0]
            #expect(management["arc_tenants{status=\"ACTIVE\"}"] == 1)
            #expect(management["arc_onboarding_duration_seconds_count{from=\"lead\"}"] == 1)
            #expect(scrapes[2]["arc_workflow_runs_total{workflow=\"provision\",outcome=\"succeeded\"}"] == 1)
            try await expectOpenMetrics(ports)
        }
    }

    /// Scrapes of all services that together show these metrics.
    private func scrapes(_ ports: ManagementPorts, showing names: Set<String>) async throws -> [Scrape] {
        var missing = names
        do {
            return try await eventually("every metric has a value") { () -> [Scrape]? in
                var scrapes: [Scrape] = []
                for kind in Self.kinds { scrapes.append(try await ports.scrape(kind)) }
                missing = names.subtracting(scrapes.reduce(into: []) { $0.formUnion($1.names) })
                return missing.isEmpty ? scrapes : nil
            }
        } catch {
            throw TestFailure("\(error); without a value: \(missing.sorted())")
        }
    }

    private func expectOpenMetrics(_ ports: ManagementPorts) async throws {
        for kind in Self.kinds {
            let answer = try await ports.client(kind).send(
                "GET", "/metrics", headers: ["accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"])
            #expect(answer.headers["content-type"]?.hasPrefix("application/openmetrics-text") == true)
            let file = TestCommand.temporaryFile("openmetrics.txt")
            defer { try? FileManager.default.removeItem(at: file) }
            try Data(answer.bytes).write(to: file)
            let command = try PythonPeer.command("openmetrics_check.py")
            let outcome = try await TestCommand.outcome(
                of: ["sh", "-c", "file=$1; shift; exec \"$@\" <\"$file\"", "sh", file.path] + command)
            #expect(outcome.status == 0, "\(kind): \(outcome.errors)")
            #expect(outcome.output.contains("arc_http_requests\n"))
        }
    }

    @Test func `metrics and statistics are exactly what was sent`() async throws {
        let ports = ManagementPorts()
        try await TestStack.run([.tenantManagement], logger: ports.logger) { stack in
            let tenant = try await stack.createTenantID()
            let user = try await stack.tokens.userToken(tenant: tenant)
            let client = stack.tenantManagement
            let before = try await ports.scrape(.tenantManagement)
            let earlier = try await statistics(ports)

            for _ in 0..<3 { try await client.get("/tenants/\(tenant)", token: user).expect(200) }
            for _ in 0..<2 { try await client.get("/tenants/\(WalkTests.unknown)", token: user).expect(404) }
            for _ in 0..<4 { try await client.get("/nowhere/at/all", token: user).expect(404) }
            try await client.get("/tenants/\(tenant)").expect(401)
            try await client.post("/tenants", ["name": 7], token: stack.admin).expect(422)
            try await client.send("HEAD", "/tenants/\(tenant)", token: user).expect(200)
            try await client.send("OPTIONS", "/tenants").expect(204)
            try await client.put("/ping", [:], token: user).expect(405)
            // Those who look are not counted.
            try await client.get("/metrics", token: stack.admin).expect(200)
            try await client.get("/stats", token: stack.admin).expect(200)
            try await client.get("/stats/ui").expect(200)

            let after = try await ports.scrape(.tenantManagement)
            #expect(
                after.growth(of: "arc_http_requests_total", since: before) == [
                    "{method=\"GET\",route=\"/tenants/{id}\",status=\"200\"}": 3,
                    "{method=\"GET\",route=\"/tenants/{id}\",status=\"404\"}": 2,
                    "{method=\"GET\",route=\"/tenants/{id}\",status=\"401\"}": 1,
                    "{method=\"GET\",route=\"unmatched\",status=\"404\"}": 4,
                    "{method=\"POST\",route=\"/tenants\",status=\"422\"}": 1,
                    "{method=\"HEAD\",route=\"/tenants/{id}\",status=\"200\"}": 1,
                    "{method=\"OPTIONS\",route=\"preflight\",status=\"204\"}": 1,
                    "{method=\"PUT\",route=\"unmatched\",status=\"405\"}": 1,
                ])
            #expect(
                after.growth(of: "arc_http_request_duration_seconds_count", since: before)[
                    "{method=\"GET\",route=\"/tenants/{id}\"}"] == 6)
            #expect(
                after.growth(of: "arc_http_requests_by_caller_total", since: before) == [
                    // Who has not been asked for a token yet is nobody: bodies are checked first.
                    "{caller=\"tenant_user\"}": 6, "{caller=\"anonymous\"}": 8,
                ])
            #expect(after.growth(of: "arc_tenant_requests_total", since: before) == ["{tenant=\"\(tenant)\"}": 6])
            #expect(after.growth(of: "arc_tenant_errors_total", since: before) == ["{tenant=\"\(tenant)\"}": 2])
            #expect(after["arc_http_requests_in_flight"] == 0)

            let later = try await statistics(ports)
            func grown(_ path: String...) -> Int {
                func value(_ json: JSONValue) -> Int {
                    path.reduce(Optional(json)) { $0?[$1] }?.intValue ?? 0
                }
                return value(later) - value(earlier)
            }
            #expect(grown("all", "requests") == 14)
            #expect(grown("all", "responses") == 14)
            #expect(grown("all", "success") == 5)
            #expect(grown("all", "client_error") == 9)
            #expect(grown("all", "errors") == 9)
            #expect(grown("all", "server_error") == 0)
            #expect(grown("errors", "statuscode", "404") == 6)
            #expect(grown("errors", "statuscode", "401") == 1)
            #expect(grown("errors", "statuscode", "405") == 1)
            #expect(grown("errors", "statuscode", "422") == 1)
            #expect(grown("errors", "topnotfound", "/nowhere/at/all") == 4)
            #expect(grown("apistats", "/tenants/{id}", "GET", "responses") == 6)
            #expect(grown("apistats", "/tenants/{id}", "HEAD", "responses") == 1)
            #expect(grown("method", "GET", "responses") == 10)
            let minutes = try #require(later["timeline"]?["data"]?.objectValue)
            let counted = minutes.reduce(0) { $0 + ($1.value["stats"]?["responses"]?.intValue ?? 0) }
            #expect(counted == later["all"]?["responses"]?.intValue)
        }
    }

    private func statistics(_ ports: ManagementPorts) async throws -> JSONValue {
        try await ports.client(.tenantManagement).get("/stats?fields=all").expect(200).json
    }

    @Test func `two nodes show their own requests and the same state of the system`() async throws {
        let ports = ManagementPorts()
        try await TestStack.run([.tenantManagement], logger: ports.logger) { stack in
            let second = try await stack.startNode(.tenantManagement)
            try await eventually("both management ports are open", is: { ports.all(.tenantManagement).count == 2 })
            _ = try await stack.createTenantID()
            for _ in 0..<3 { try await second.client.get("/ping").expect(200) }
            var shown: [Scrape] = []
            for port in ports.all(.tenantManagement) {
                shown.append(Scrape(try await TestHTTPClient(port: port).get("/metrics").expect(200).text))
            }
            let ping = "arc_http_requests_total{method=\"GET\",route=\"/ping\",status=\"200\"}"
            #expect(shown.map { $0[ping] } == [nil, 3])
            let created = "arc_http_requests_total{method=\"POST\",route=\"/tenants\",status=\"201\"}"
            #expect(shown.map { $0[created] } == [1, nil])
            #expect(shown.map { $0["arc_tenants{status=\"PROVISIONING\"}"] } == [1, 1])
            #expect(shown.allSatisfy { $0.text.contains("Tenants by state; exact") })
            #expect(shown.allSatisfy { $0.text.contains("(of the whole system)") })
        }
    }

    @Test func `a scrape shows what it can while PostgreSQL is away`() async throws {
        let ports = ManagementPorts()
        try await TestStack.run([.tenantManagement], logger: ports.logger) { stack in
            let servers = stack.servers
            try await TCPProxy.run(to: servers.postgres.host, servers.postgres.port) { proxy in
                proxy.refuse(true)
                var environment: [String: String] = [:]
                for prefix in ["DB", "MESSAGE_BUS_DB"] {
                    environment["\(prefix)_HOST"] = "127.0.0.1"
                    environment["\(prefix)_PORT"] = "\(proxy.port)"
                    environment["\(prefix)_CONNECTION_TIMEOUT_MILLIS"] = "1000"
                }
                try await stack.startNode(.tenantManagement, environment: environment, until: .listening)
                try await eventually("both ports are open", is: { ports.all(.tenantManagement).count == 2 })
                try await eventually("the database is seen to be away") {
                    try await ports.scrape(.tenantManagement)["arc_metrics_source_up{source=\"outbox\"}"] == 0
                }
                let scrape = try await ports.scrape(.tenantManagement)
                #expect(scrape.names.contains("process_resident_memory_bytes"))
                #expect(!scrape.names.contains("arc_tenants"))
                try await scrape.expectAccepted()
                proxy.refuse(false)
                try await eventually("everything is shown again") {
                    let scrape = try await ports.scrape(.tenantManagement)
                    return scrape["arc_metrics_source_up{source=\"outbox\"}"] == 1
                        && scrape.names.contains("arc_tenants")
                }
            }
        }
    }
}
