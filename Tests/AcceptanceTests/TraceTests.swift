import JSONCoding
import Logging
import NIOHTTP1
import PostgresTestSupport
import Primitives
import StackTestSupport
import TestSupport
import Testing

/// What services send to a real receiver.
@Suite(.timeLimit(.minutes(20))) struct TraceTests {
    private static func environment(_ receiver: TraceReceiver, _ more: [String: String] = [:]) -> [String: String] {
        [
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "ENABLE_TRACING": "true", "OTEL_BSP_SCHEDULE_DELAY": "50",
        ].merging(more) { $1 }
    }

    // MARK: The main job

    @Test func `from lead to ACTIVE is one trace`() async throws {
        try await TraceReceiver.run { receiver in
            try await TestStack.run(environment: Self.environment(receiver)) { stack in
                let key = TestStack.uniqueKey()
                try await becomeActive(key, in: stack)
                _ = try await stack.mails.mail(containing: "\(key) Ltd is ready")

                let first = try await receiver.span("the registration") { $0.name == "POST /leads" }
                let last = ["process TENANT_PROVISIONING_SUCCESS", "send mail", "POST /webhook"]
                // A span is sent when it has ended, which one that waits for others does later than these.
                let spans = try await eventually("the whole trace has arrived") { () -> [ReceivedSpan]? in
                    let all = receiver.spans
                    let trace = Trace(all, id: first.trace)
                    let isWhole =
                        trace.spans.count { $0.name == "send mail" } == 2
                        && last.allSatisfy { name in trace.spans.contains { $0.name == name } }
                        && trace.spans.allSatisfy { $0.id == first.id || trace.path(of: $0).last == Self.root }
                    return isWhole ? all : nil
                }
                try checkTree(Trace(spans, id: first.trace), first)
                try checkLink(spans, first.trace)
                checkAttributes(spans)
                let secrets = ["ann@", "Lee", "\(key) Ltd", "Bearer", stack.admin]
                for secret in secrets {
                    #expect(!receiver.text.contains(secret), "\(secret.prefix(20)) is no part of a trace")
                }
            }
        }
    }

    private func becomeActive(_ key: String, in stack: TestStack) async throws {
        let (lead, token) = try await stack.validatedLead(key)
        let tenant = try await stack.tenantManagement.post(
            "/leads/\(lead)/tenants",
            ["key": .string(key), "domains": [.string("\(key).example.com")], "address": "1 Main Street"], token: token
        ).expect(201).string("id")
        try await stack.awaitAnnouncement(ofTenant: tenant)
        let plan = try await stack.plan(tier: "STANDARD")
        try await stack.subscription.post(
            "/subscriptions", ["subscriberId": .string(tenant), "planId": .string(plan), "status": 1],
            token: stack.admin
        ).expect(201)
        try await eventually("the tenant is ACTIVE") { try await stack.status(ofTenant: tenant) == 0 }
    }

    /// The span that all others of the trace of a lead belong to.
    private static let root = "tenant-management: POST /leads"

    /// The spans of a trace, by which one finds the way from a span to the first one.
    private struct Trace {
        let spans: [ReceivedSpan]
        private let byID: [String: ReceivedSpan]

        init(_ all: [ReceivedSpan], id: String) {
            spans = all.filter { $0.trace == id }
            byID = Dictionary(spans.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        }

        /// The names of the spans around a span, the closest first.
        func path(of span: ReceivedSpan) -> [String] {
            var names: [String] = []
            var current = span
            while let parent = byID[current.parent], names.count < 100 {
                names.append("\(parent.service): \(parent.name)")
                current = parent
            }
            return names
        }

        func path(of name: String, service: String) throws -> [String] {
            path(of: try #require(spans.first { $0.name == name && $0.service == service }, "\(service): \(name)"))
        }
    }

    private func checkTree(_ trace: Trace, _ first: ReceivedSpan) throws {
        #expect(first.parent.isEmpty)
        for span in trace.spans where span.id != first.id {
            #expect(trace.path(of: span).last == Self.root, "\(span.service): \(span.name)")
        }
        let tenantManagement = "tenant-management"
        #expect(
            try trace.path(of: "POST /leads/{id}/verify", service: tenantManagement)
                == ["tenant-management: POST /leads"])
        #expect(
            try trace.path(of: "POST /leads/{id}/tenants", service: tenantManagement)
                == ["tenant-management: POST /leads"])
        let run = [
            "orchestrator: process STANDARD", "tenant-management: provision tenant", "tenant-management: POST /leads",
        ]
        #expect(try trace.path(of: "process TENANT_PROVISIONING", service: "orchestrator") == Array(run.dropFirst()))
        #expect(try trace.path(of: "send TENANT_PROVISIONING", service: tenantManagement) == Array(run.dropFirst()))
        let steps = trace.spans.filter { $0.name.hasPrefix("step ") }
        #expect(!steps.isEmpty && steps.allSatisfy { trace.path(of: $0) == run })
        let callback = try #require(
            trace.spans.first { $0.name == "POST /webhook" && trace.path(of: $0).contains(run[0]) })
        #expect(trace.path(of: callback) == ["orchestrator: POST"] + run)
        let success = try #require(
            trace.spans.first {
                $0.name == "process TENANT_PROVISIONING_SUCCESS" && $0.service == tenantManagement
            })
        #expect(trace.path(of: success) == ["tenant-management: POST /webhook", "orchestrator: POST"] + run)
    }

    /// The subscription has a trace of its own: an operator has made it.
    private func checkLink(_ spans: [ReceivedSpan], _ lead: String) throws {
        let mark = try #require(spans.first { $0.name == "provision tenant" })
        let activation = try #require(
            spans.first { $0.name == "process SUBSCRIPTION_ACTIVATED" && $0.links.contains(mark.id) })
        #expect(activation.trace != lead && mark.links == [activation.id])
        #expect(spans.contains { $0.name == "POST /subscriptions" && $0.trace == activation.trace })
    }

    private func checkAttributes(_ spans: [ReceivedSpan]) {
        for span in spans where span.kind == "SERVER" {
            #expect(span.attributes["http.request.method"] == String(span.name.prefix { $0 != " " }))
            #expect(span.attributes["http.response.status_code"] != nil, "\(span.name)")
            #expect(span.attributes["url.path"]?.hasPrefix("/") == true && span.attributes["url.scheme"] == "http")
            #expect(span.attributes["server.address"] == "127.0.0.1")
            #expect(span.attributes["client.address"] == "127.0.0.1")
            #expect(span.attributes["url.query"] == nil)
        }
        let statements = spans.filter { $0.attributes["db.system.name"] != nil }
        #expect(statements.contains { $0.name.contains("INSERT main.tenants") })
        let commands = statements.filter { $0.attributes["db.system.name"] == "redis" }
        #expect(!commands.isEmpty)
        for span in commands {
            #expect(span.kind == "CLIENT" && span.attributes["db.operation.name"] == span.name)
            #expect(span.name.allSatisfy { ("A"..."Z").contains($0) } && span.attributes["db.query.text"] == nil)
        }
        for span in statements where span.attributes["db.system.name"] != "redis" {
            #expect(span.kind == "CLIENT" && span.attributes["db.system.name"] == "postgresql")
            #expect(span.attributes["db.query.summary"] == span.name && span.attributes["db.query.text"] == nil)
        }
        for span in spans where span.name.hasPrefix("process ") {
            #expect(span.kind == "CONSUMER" && span.attributes["messaging.operation.type"] == "process")
        }
        for span in spans where span.name.hasPrefix("send ") && span.name != "send mail" {
            #expect(span.kind == "PRODUCER" && span.attributes["messaging.operation.type"] == "send")
        }
    }

    // MARK: W3C Trace Context

    @Test func `a caller's trace goes on, and what is no trace starts a new one`() async throws {
        try await TraceReceiver.run { receiver in
            let environment = Self.environment(
                receiver,
                [
                    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
                    "OTEL_SERVICE_NAME": "mine",
                ])
            try await TestStack.run([.tenantManagement], environment: environment) { stack in
                let caller = "0af7651916cd43dd8448eb211c80319c"
                let parent = "b7ad6b7169203331"
                let client = stack.tenantManagement
                func call(_ path: String, _ traceparent: String) async throws {
                    try await client.send(
                        "GET", path, token: stack.admin,
                        headers: ["traceparent": traceparent, "tracestate": "vendor=1"]
                    ).expect(200)
                }
                try await call("/tenants/count", "00-\(caller)-\(parent)-01")
                try await call("/contacts/count", "00-\(caller.uppercased())-\(parent)-01")
                try await call("/leads/count", "nonsense")
                try await call("/invoices/count", "00-\(caller)-\(parent)-00")
                try await call("/webhook-endpoints/count", "cc-\(caller)-\(parent)-01-more")

                let continued = try await receiver.span("of the caller") { $0.name == "GET /tenants/count" }
                #expect(continued.trace == caller && continued.parent == parent && continued.service == "mine")
                let later = try await receiver.span("of a later version") { $0.name == "GET /webhook-endpoints/count" }
                #expect(later.trace == caller && later.parent == parent)
                for name in ["GET /contacts/count", "GET /leads/count"] {
                    let new = try await receiver.span("of a new trace") { $0.name == name }
                    #expect(new.parent.isEmpty && new.trace != caller)
                }
                #expect(!receiver.spans.contains { $0.name == "GET /invoices/count" }, "its caller does not record it")
            }
        }
    }

    @Test func `a request that is not recorded carries its trace into events all the same`() async throws {
        try await TraceReceiver.run { receiver in
            let environment = Self.environment(receiver, ["OTEL_TRACES_SAMPLER": "always_off"])
            try await TestStack.run([.tenantManagement, .orchestrator], environment: environment) { stack in
                let caller = "0af7651916cd43dd8448eb211c80319c"
                let state = "vendor=1,other=\(String(repeating: "x", count: 256))"
                let headers = ["traceparent": "00-\(caller)-b7ad6b7169203331-01", "tracestate": state]
                let client = stack.tenantManagement
                try await client.send("POST", "/leads", .object(TestStack.leadBody("trace")), headers: headers)
                    .expect(201)
                let tenant = try await client.send(
                    "POST", "/tenants", .object(TestStack.tenantBody()), token: stack.admin, headers: headers
                ).expect(201).string("id")
                // The report of the orchestrator, in the same trace, makes the last event.
                try await eventually("the tenant is ACTIVE") { try await stack.status(ofTenant: tenant) == 0 }
                let places: [(DatabaseTemplate, String, Int)] = [
                    (.tenantManagement, "leads", 1),
                    (.tenantManagement, "outbox WHERE type LIKE 'TENANT_PROVISIONING%'", 2),
                    (.orchestrator, "provisioning_runs", 1),
                ]
                for (database, rows, count) in places {
                    let stored = try await stack.database(database).texts("SELECT traceparent FROM main.\(rows)")
                    #expect(stored.count == count, "\(rows)")
                    #expect(
                        stored.allSatisfy { $0.hasPrefix("00-\(caller)-") && $0.hasSuffix("-00 \(state)") }, "\(stored)"
                    )
                }
            }
            #expect(receiver.spans.isEmpty)
        }
    }

    @Test func `a change that is not recorded stores its trace, and a caller's decision holds for a read`() async throws
    {
        try await TraceReceiver.run { receiver in
            let environment = Self.environment(receiver, ["OTEL_TRACES_SAMPLER": "parentbased_always_off"])
            try await TestStack.run([.tenantManagement], environment: environment) { stack in
                let client = stack.tenantManagement
                try await client.get("/tenants/count", token: stack.admin).expect(200)
                try await client.send("POST", "/leads", .object(TestStack.leadBody("trace"))).expect(201)
                let stored = try await stack.database(.tenantManagement).texts("SELECT traceparent FROM main.leads")
                #expect(stored.count == 1)
                #expect(stored.allSatisfy { TraceContext($0)?.isSampled == false }, "\(stored)")
                let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
                try await client.send("GET", "/contacts/count", token: stack.admin, headers: ["traceparent": caller])
                    .expect(200)
                _ = try await receiver.span("of the caller") { $0.parent == "b7ad6b7169203331" }
                #expect(!receiver.spans.contains { $0.name == "GET /tenants/count" })
            }
        }
    }

    // MARK: Errors

    @Test func `failures are marked, and mistakes of callers are not`() async throws {
        try await TraceReceiver.run { receiver in
            try await TestStack.run([.tenantManagement], environment: Self.environment(receiver)) { stack in
                try await stack.tenantManagement.get("/tenants/ann@example.com?secret=x", token: stack.admin).expect(
                    404)
                let key = TestStack.uniqueKey()
                _ = try await stack.createTenant(key: key)
                try await stack.tenantManagement.post(
                    "/tenants", .object(TestStack.tenantBody(key: key)), token: stack.admin
                ).expect(409)
                let missing = try await receiver.span("404") {
                    $0.attributes["http.response.status_code"] == "404"
                }
                #expect(missing.status == "UNSET" && missing.attributes["url.path"] == "/tenants/{hidden}")
                let conflict = try await receiver.span("409") { $0.attributes["http.response.status_code"] == "409" }
                #expect(conflict.status == "UNSET" && conflict.attributes["error.type"] == nil)
                let statement = try await receiver.span("the statement") {
                    $0.attributes["db.response.status_code"] == "23505"
                }
                #expect(statement.status == "ERROR" && statement.parent == conflict.id)
                #expect(!receiver.text.contains("example.com") && !receiver.text.contains("secret=x"))
            }
        }
    }

    // MARK: Receivers that are away

    @Test func `a receiver that is away or fails costs spans, and nothing else`() async throws {
        let log = RecordedLog(.warning)
        let garbage = [
            ScriptedServer.Answer(503, headers: [("Retry-After", "0")], "<html>away</html>"),
            ScriptedServer.Answer(200, "\u{0}\u{1}garbage"), ScriptedServer.Answer(400, "{\"message\":\"no\"}"),
            ScriptedServer.Answer(302, headers: [("Location", "http://127.0.0.1:1/")]),
        ]
        try await ScriptedServer.run({ _, number in garbage[number % garbage.count] }) { server, url in
            let environment = [
                "ENABLE_TRACING": "1", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "\(url)/traces",
                "OTEL_BSP_SCHEDULE_DELAY": "1", "OTEL_BSP_MAX_QUEUE_SIZE": "20",
                "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "10", "OTEL_EXPORTER_OTLP_HEADERS": "x-key=hidden%20key",
            ]
            try await TestStack.run([.tenantManagement], environment: environment, logger: log.logger) { stack in
                try await eventually("the receiver was asked again and again") {
                    for _ in 0..<10 { try await stack.tenantManagement.get("/ping").expect(200) }
                    return server.requests.count >= 12
                }
                try await stack.tenantManagement.post(
                    "/tenants", .object(TestStack.tenantBody()), token: stack.admin
                ).expect(201)
            }
            #expect(server.requests.allSatisfy { $0.uri == "/traces" && $0.headers["x-key"] == ["hidden key"] })
        }
        #expect(log.lines.contains { $0.contains("Spans were dropped") })
        #expect(!log.lines.contains { $0.contains("hidden") })
    }
}
