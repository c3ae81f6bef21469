import JSONCoding
import MessageBus
import PostgresClient
import PostgresTestSupport
import Primitives
import Testing

@testable import Orchestrator

/// An event that this control plane has put on EventBridge is the same event on every way to the orchestrator.
@Suite struct EventBridgeIdentityTests {
    /// The event as a rule of EventBridge hands it to a target: EventBridge gives each entry an id of its own.
    private static func delivered(_ event: EventEnvelope) throws -> JSONObject {
        [
            "version": "0", "id": .identifier(.v4()), "detail-type": .string(event.type), "source": "CONTROL-PLANE",
            "account": "123456789012", "time": "2026-01-05T10:00:00Z", "region": "us-east-1", "resources": [],
            "detail": .object(try EventBridgeDetail.detail(of: event)),
        ]
    }

    @Test func `an event has one effect although the bus and EventBridge deliver it`() async throws {
        try await withEndpoint { world, sender, bus in
            let first = try TestEvent(key: "first").envelope()
            _ = try await bus.publish([first])
            try await eventually("the bus has delivered it") { try await events(world) == [first.id] }
            for _ in 0..<2 {
                let answer = try await sender.post(.object(try Self.delivered(first)))
                #expect(answer.status == 200)
            }
            #expect(try await events(world) == [first.id])
            #expect(try await marks(world) == [first.id])

            let second = try TestEvent(key: "second").envelope()
            let detail = try #require(try Self.delivered(second)["detail"])
            #expect(try await sender.post(detail).status == 200, "a rule with an input path sends the detail alone")
            let last = try TestEvent(key: "last").envelope()
            _ = try await bus.publish([second, last])
            try await eventually("the bus has delivered both") { try await marks(world).contains(last.id) }
            #expect(Set(try await events(world)) == [first.id, second.id, last.id])
            #expect(Set(try await marks(world)) == [first.id, second.id, last.id])
        }
    }

    @Test func `a replay for other groups has no effect, and one for this group is an event of its own`() async throws {
        try await withEndpoint { world, sender, _ in
            let original = try TestEvent(key: "acme").envelope()
            func replay(for groups: [String]) throws -> EventEnvelope {
                try EventEnvelope(
                    id: .v4(), type: original.type, tenantID: original.tenantID, occurredAt: original.occurredAt,
                    replay: EventReplay(of: original.id, groups: groups), data: original.data)
            }
            let foreign = try replay(for: ["subscription"])
            #expect(try await sender.post(.object(try Self.delivered(foreign))).status == 200)
            #expect(try await marks(world) == [])
            for groups in [[], ["orchestrator", "subscription"]] {
                let own = try replay(for: groups)
                #expect(try await sender.post(.object(try Self.delivered(own))).status == 200)
                #expect(try await marks(world).contains(own.id))
            }
            #expect(try await events(world).count == 1, "both ask for the same provisioning")
        }
    }

    @Test func `a command of an operator has its identity, too`() async throws {
        try await withEndpoint { world, sender, bus in
            let (command, tenant) = (Identifier.v4(), Identifier.v4())
            let data: JSONValue = [
                "tenantId": .identifier(tenant), "context": "c", "commandId": .identifier(command), "command": "resume",
                "actor": "ann", "reason": "The server is back",
            ]
            let event = try EventEnvelope(
                id: command, type: EventType.tenantProvisioningCommand, tenantID: tenant,
                occurredAt: SystemClock().now(), data: data.serialized())
            let body = try Self.delivered(event)
            #expect(try await sender.post(.object(body), type: event.type).status == 200)
            #expect(try await marks(world) == [command])
            let last = try TestEvent(key: "last").envelope()
            _ = try await bus.publish([event, last])
            try await eventually("the bus has delivered both") { try await marks(world).contains(last.id) }
            #expect(Set(try await marks(world)) == [command, last.id])
        }
    }

    @Test func `a damaged envelope in the detail is refused with its place`() async throws {
        try await withEndpoint { world, sender, _ in
            let body = try Self.delivered(try TestEvent(key: "acme").envelope())
            let detail = try #require(body["detail"]?.objectValue)
            let sent = try #require(detail["arcEvent"]?.objectValue)
            func changed(_ name: String, _ value: JSONValue?) -> JSONObject {
                var (detail, sent) = (detail, sent)
                sent[name] = value
                detail["arcEvent"] = .object(sent)
                return detail
            }
            let cases: [(JSONObject, String)] = [
                (changed("id", nil), "arcEvent"), (changed("id", "1"), "arcEvent"), (changed("id", 1), "arcEvent"),
                (changed("version", nil), "arcEvent"), (changed("version", 0), "arcEvent"),
                (changed("occurredAt", "yesterday"), "arcEvent"), (changed("tenantId", "none"), "arcEvent"),
                (changed("tenantId", nil), "arcEvent/tenantId"),
                (changed("tenantId", .identifier(.v4())), "arcEvent/tenantId"),
                (changed("replayOf", "none"), "arcEvent"), (changed("text", "no JSON"), "arcEvent"),
            ]
            for (detail, place) in cases {
                var body = body
                body["detail"] = .object(detail)
                let text = String(decoding: JSONValue.object(detail).serialized(), as: UTF8.self)
                let wrapped = try await sender.post(.object(body))
                #expect(wrapped.status == 422 && wrapped.places == ["/detail/\(place)"], "\(wrapped.places) \(text)")
                let alone = try await sender.post(.object(detail))
                #expect(alone.status == 422 && alone.places == ["/\(place)"], "\(alone.places) \(text)")
            }
            #expect(try await events(world) == [])
            #expect(try await marks(world) == [])
        }
    }

    // MARK: Helpers

    /// The service without anything to provision with: what it takes stays where it is.
    private func withEndpoint(
        _ body: (TestWorld, TestEventSender, InProcessConnector) async throws -> Void
    ) async throws {
        try await TestWorld.with(application: false) { world in
            let bus = InProcessConnector(clock: SystemClock(), logger: testLogger)
            let environment = TestEventSender.environment.merging(["WEBHOOK_API_MAX_ATTEMPTS": "1000"]) { $1 }
            try await withOrchestrator(
                world, callbackURL: "http://127.0.0.1:1", bus: bus, environment: environment
            ) { port in try await body(world, TestEventSender(port: port), bus) }
        }
    }

    /// The events of which there is a run.
    private func events(_ world: TestWorld) async throws -> [Identifier] {
        try await world.admin.query("SELECT event_id FROM main.provisioning_runs").rows.map { try $0.identifier(0) }
    }

    /// The events that the inbox has marked as handled.
    private func marks(_ world: TestWorld) async throws -> [Identifier] {
        try await world.admin.query("SELECT event_id FROM main.inbox WHERE consumer = 'orchestrator'").rows.map {
            try $0.identifier(0)
        }
    }
}
