import ConfigurationChecks
import JSONCoding
import MessageBus
import NIOHTTP1
import PostgresTestSupport
import Primitives
import Sealing
import ServiceKit
import Testing

@testable import Orchestrator

/// `POST /event-bridge/events/{eventType}` (docs/contract/arc-api.md 7 and 13.1).
@Suite(.serialized) struct EventEndpointTests {
    @Test func `events over HTTP have one effect, however they are delivered`() async throws {
        try await TestWorld.with { world in
            try await Receiver.with { receiver, url in
                let bus = InProcessConnector(clock: SystemClock(), logger: testLogger)
                var clear = TestEvent(key: world.newKey())
                clear.sealsSecret = false
                let sealed = TestEvent(key: world.newKey())
                try await withOrchestrator(
                    world, callbackURL: url, bus: bus, environment: TestEventSender.environment
                ) { port in
                    let sender = TestEventSender(port: port)
                    let wrapped = try TestEventSender.wrapped(clear)
                    // At the same moment, as buses and their retries may.
                    try await withThrowingTaskGroup(of: Int.self) { group in
                        for _ in 0..<10 { group.addTask { try await sender.post(wrapped).status } }
                        for try await status in group { #expect(status == 200) }
                    }
                    // Sealed anew each time it is asked for.
                    let detail = try sealed.json
                    let taken = try await sender.post(detail, headers: TestEventSender.signature(detail))
                    #expect(taken.status == 200 && taken.body == ["success": true])
                    try await eventually("the runs are delivered") { try await delivered(world) == 2 }
                    // Again: the envelope, the detail alone, and the same event from the bus.
                    #expect(try await sender.post(wrapped).status == 200)
                    #expect(try await sender.post(try clear.json).status == 200)
                    #expect(try await sender.post(try TestEventSender.wrapped(sealed)).status == 200)
                    _ = try await bus.publish([try sealed.envelope()])
                    let last = TestEvent(key: world.newKey())
                    _ = try await bus.publish([try last.envelope()])
                    try await eventually("the runs are delivered") { try await delivered(world) == 3 }
                }
                #expect(try await runs(world) == 3)
                #expect(try receiver.reports.count == 3)
                for test in [clear, sealed] {
                    let report = try #require(
                        try receiver.reports.first {
                            try $0.json["initiatorId"]?.stringValue == test.tenant.description
                        })
                    #expect(try report.isSigned(for: test))
                    #expect(try report.json["data"]?["status"]?.intValue == 1)
                }
            }
        }
    }

    @Test func `a plaintext secret is sealed at rest`() async throws {
        try await withEndpoint { world, sender in
            var test = TestEvent(key: "acme")
            test.sealsSecret = false
            test.tier = "UNKNOWN"
            #expect(try await sender.post(try TestEventSender.wrapped(test)).status == 200)
            let holdsClear = try await world.admin.count(
                """
                SELECT count(*) FROM main.provisioning_runs AS run
                WHERE position('\(test.secret)'::bytea IN run.sealed_event) > 0 OR to_jsonb(run)::text LIKE '%\(test.secret)%'
                """)
            #expect(try await runs(world) == 1)
            #expect(holdsClear == 0)
        }
    }

    @Test(arguments: [[:], ["EVENT_BRIDGE_API_KEY": ""], ["EVENT_SIGNING_SECRET": ""]])
    func `requests without credentials are refused`(environment: [String: String]) async throws {
        try await withEndpoint(environment) { world, sender in
            let body = try TestEvent(key: "acme").json
            for headers in [
                [], [("x-api-key", "")], [("x-api-key", TestEventSender.key)], TestEventSender.signature(body),
                TestEventSender.signature(body, secret: ""),
            ] {
                #expect(try await sender.post(body, headers: headers).status == 401)
            }
            #expect(try await runs(world) == 0)
        }
    }

    @Test func `only the right key or signature is accepted`() async throws {
        try await withEndpoint { world, sender in
            let body = try TestEvent(key: "acme").json
            let key = TestEventSender.key
            let right = TestEventSender.signature(body)
            let refused: [[(String, String)]] = [
                [], [("x-api-key", String(key.dropLast()))], [("x-api-key", key + "a")], [("x-api-key", "")],
                [("x-api-key", TestEventSender.signingSecret)], [("authorization", "Bearer \(key)")],
                TestEventSender.signature(body, secret: key), TestEventSender.signature(body, age: .seconds(310)),
                TestEventSender.signature(body, age: .seconds(-310)), TestEventSender.signature(["other": "body"]),
                [right[0]], [right[1]], [right[0], ("x-timestamp", "now")],
                [right[0], ("x-timestamp", "1\(right[1].1)")], [("x-signature", "00"), right[1]],
            ]
            for headers in refused {
                let answer = try await sender.post(body, headers: headers)
                #expect(answer.status == 401, "\(headers)")
                #expect(answer.error["message"] == "Unauthorized")
            }
            // The response does not even reveal that the event is invalid.
            #expect(try await sender.post(body, type: "OTHER", headers: []).status == 401)
            #expect(try await sender.post(nil, headers: []).status == 401)
            #expect(try await sender.post(nil, headers: right).status == 401)
            #expect(try await runs(world) == 0)
            for headers in [
                [("x-api-key", key)], right, TestEventSender.signature(body, age: .seconds(290)),
                TestEventSender.signature(body, age: .seconds(-290)), right + [("x-api-key", "another key, wrong")],
            ] {
                #expect(try await sender.post(body, headers: headers).status == 200, "\(headers)")
            }
            #expect(try await runs(world) == 1)
        }
    }

    @Test func `an invalid event is refused with the place of the error`() async throws {
        try await withEndpoint { world, sender in
            let detail = try #require(try TestEvent(key: "acme").json.objectValue)
            let wrapped = try #require(try TestEventSender.wrapped(TestEvent(key: "acme")).objectValue)
            let tenant = JSONValue.string(Identifier.v4().description)
            func changed(_ object: JSONObject, _ name: String, _ value: JSONValue?) -> JSONValue {
                var copy = object
                copy[name] = value
                return .object(copy)
            }
            let foreign = try TestEvent(key: "acme").secrets.seal("not 32 hexadecimal characters", context: "")
            let cases: [(JSONValue, String)] = [
                ([], ""), ("event", ""), ([:], ""),
                (changed(detail, "tenant", nil), ""), (changed(detail, "tenant", ["id": tenant]), "/tenant"),
                (changed(detail, "tenant", ["id": "1", "key": "acme"]), "/tenant/id"),
                (changed(detail, "tenant", ["id": tenant, "key": "a'; --"]), "/tenant/key"),
                (
                    changed(detail, "tenant", ["id": tenant, "key": .string(String(repeating: "a", count: 57))]),
                    "/tenant/key"
                ),
                (changed(detail, "context", nil), ""), (changed(detail, "context", 1), "/context"),
                (changed(detail, "context", "a\0"), "/context"),
                (changed(detail, "context", .string(String(repeating: "é", count: 251))), "/context"),
                (changed(detail, "secret", nil), ""), (changed(detail, "secret", "short"), "/secret"),
                (changed(detail, "secret", "0123456789abcdef0123456789abcdeg"), "/secret"),
                (changed(detail, "secret", .string(foreign)), "/secret"),
                (changed(detail, "secret", "sealed:AAAA"), "/secret"),
                (changed(detail, "type", "TENANT_DEPROVISIONING"), "/type"),
                (changed(detail, "subscription", ["plan": ["tier": 1]]), "/subscription/plan/tier"),
                (changed(detail, "note", "a\0"), "/note"),
                (changed(wrapped, "detail", nil), ""), (changed(wrapped, "detail", "text"), "/detail"),
                (changed(wrapped, "detail", changed(detail, "tenant", nil)), "/detail"),
                (changed(wrapped, "detail", changed(detail, "secret", "short")), "/detail/secret"),
                (changed(wrapped, "detail-type", "TENANT_DEPLOYMENT"), "/detail-type"),
                (changed(wrapped, "id", "1"), "/id"), (changed(wrapped, "time", "yesterday"), "/time"),
            ]
            for (body, place) in cases {
                let answer = try await sender.post(body)
                let text = String(decoding: body.serialized(), as: UTF8.self)
                #expect(answer.status == 422, "\(text)")
                #expect(answer.error["code"] == "VALIDATION_FAILED")
                #expect(answer.places.contains(place), "\(text): \(answer.places)")
            }
            #expect(try await sender.post(nil).status == 422)
            #expect(
                try await sender.post(bytes: Array("{".utf8), headers: [("x-api-key", TestEventSender.key)]).status
                    == 400)
            // More than an event of the bus may hold, less than a body may.
            let long = changed(detail, "note", .string(String(repeating: "a", count: 300_000)))
            #expect(try await sender.post(long).status == 422)
            #expect(try await runs(world) == 0)
        }
    }

    @Test(arguments: ["TENANT_DEPLOYMENT", "tenant_provisioning", "x%00y", "%22%3Cb%3E"])
    func `other types are not supported`(type: String) async throws {
        try await withEndpoint { world, sender in
            let answer = try await sender.post(try TestEvent(key: "acme").json, type: type)
            #expect(answer.status == 400)
            #expect(answer.error["code"] == "UNSUPPORTED_EVENT_TYPE")
            #expect(answer.error["message"]?.stringValue?.hasPrefix("Unsupported event type: ") == true)
            #expect(try await runs(world) == 0)
        }
    }

    /// The signature does not cover the path.
    @Test(arguments: ["TENANT_DEPROVISIONING", "TENANT_MOVE_REQUESTED"])
    func `what was signed for one type is not taken for another`(type: String) async throws {
        try await withEndpoint { world, sender in
            var detail = try #require(try TestEvent(key: "acme").json.objectValue)
            let named = try await sender.post(.object(detail), type: type)
            #expect(named.status == 422 && named.places == ["/type"])
            detail["type"] = nil
            let unnamed = try await sender.post(.object(detail), type: type)
            #expect(unnamed.status == 422)
            #expect(try await runs(world) == 0)
            detail["type"] = .string(type)
            #expect(try await sender.post(.object(detail), type: type).status == 200)
            #expect(try await runs(world) == 1)
        }
    }

    @Test func `all attempts count toward the limit, refused ones too`() async throws {
        let environment = TestEventSender.environment.merging(["WEBHOOK_API_MAX_ATTEMPTS": "2"]) { $1 }
        try await withEndpoint(environment) { world, sender in
            let body = try TestEvent(key: "acme").json
            for _ in 0..<2 { #expect(try await sender.post(body, headers: []).status == 401) }
            let answer = try await sender.post(body)
            #expect(answer.status == 429)
            #expect(answer.headers.first(name: "retry-after").flatMap { Int($0) } ?? 0 > 0)
            #expect(try await runs(world) == 0)
        }
    }

    @Test(arguments: ["EVENT_BRIDGE_API_KEY", "EVENT_SIGNING_SECRET"])
    func `a short secret prevents startup`(name: String) async throws {
        let short = "fifteen letters"
        let reader = try EnvironmentReader.make(
            folder: "/nowhere", environment: ["DATA_ENCRYPTION_KEY": TestWorld.encryptionKey, name: short])
        let failure = #expect(throws: ConfigurationFailure.self) { try EventConfiguration(reader: reader) }
        #expect(failure?.key == name)
        #expect(failure?.description.contains(short) == false)
    }

    @Test func `credentials are not printed`() {
        let credentials = EventCredentials(key: TestEventSender.key, signingSecret: TestEventSender.signingSecret)
        #expect(!"\(credentials) \(String(reflecting: credentials))".contains("of a test"))
    }

    // MARK: Helpers

    /// The service without anything to provision with: what it takes stays where it is.
    private func withEndpoint(
        _ environment: [String: String] = TestEventSender.environment,
        _ body: (TestWorld, TestEventSender) async throws -> Void
    ) async throws {
        try await TestWorld.with(application: false) { world in
            let bus = InProcessConnector(clock: SystemClock(), logger: testLogger)
            try await withOrchestrator(
                world, callbackURL: "http://127.0.0.1:1", bus: bus, environment: environment
            ) { port in try await body(world, TestEventSender(port: port)) }
        }
    }

    private func runs(_ world: TestWorld) async throws -> Int {
        try await world.admin.count("SELECT count(*) FROM main.provisioning_runs")
    }

    private func delivered(_ world: TestWorld) async throws -> Int {
        try await world.admin.count(
            "SELECT count(*) FROM main.provisioning_runs WHERE callback_state = 'delivered'")
    }
}
