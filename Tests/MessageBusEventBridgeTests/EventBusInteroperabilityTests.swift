import AWS
import JSONCoding
import MessageBus
import MessageBusTestSupport
import Primitives
import StackTestSupport
import TestSupport
import Testing

@testable import MessageBusEventBridge

/// boto3 on the other side of the event bus.
@Suite(.timeLimit(.minutes(20))) struct EventBusInteroperabilityTests {
    private func boto(_ calls: JSONValue...) async throws -> [JSONValue] {
        let text = String(decoding: JSONValue.array(calls).serialized(), as: UTF8.self)
        return try JSONValue.parse(Array(try await AWSTestServer.boto(text).utf8)).arrayValue ?? []
    }

    @Test func `a target sees our events as the original sends them`() async throws {
        try await TestEventBus.with { bus in
            try await bus.prepare(group: "foreign", types: ["TENANT_PROVISIONING"])
            let tenant = Identifier.v4()
            let event = try EventEnvelope(
                id: .v4(), type: "TENANT_PROVISIONING", tenantID: tenant,
                occurredAt: try #require(Timestamp(iso8601: "2026-01-05T10:00:00Z")),
                data: Array(#"{"tenant":{"id":"\#(tenant)","key":"acme"},"context":"c"}"#.utf8))
            #expect(try await bus.connector.publish([event]) == [.published])
            let results = try await boto([
                "sqs", "receive_message", ["QueueUrl": .string("http://x/123456789012/\(bus.name)-foreign")],
            ])
            let body = try #require(results.first?["Messages"]?[0]?["Body"]?.stringValue)
            let envelope = try JSONValue.parse(Array(body.utf8))
            #expect(envelope["source"] == "CONTROL-PLANE" && envelope["detail-type"] == "TENANT_PROVISIONING")
            #expect(envelope["time"] == "2026-01-05T10:00:00Z")
            #expect(envelope["detail"]?["tenant"]?["key"] == "acme" && envelope["detail"]?["context"] == "c")
            #expect(envelope["detail"]?["type"] == "TENANT_PROVISIONING")
        }
    }

    @Test func `we handle events that boto3 puts on the event bus`() async throws {
        try await TestEventBus.with { bus in
            try await bus.prepare(group: "ours", types: ["A"])
            let seen = Seen()
            try await running([try bus.consumer("ours", ["A"]) { seen.note($0) }]) {
                let results = try await boto([
                    "events", "put_events",
                    [
                        "Entries": [
                            [
                                "Source": "CONTROL-PLANE", "DetailType": "A", "Detail": #"{"tenantId":"x","n":1}"#,
                                "EventBusName": .string(bus.name),
                            ]
                        ]
                    ],
                ])
                let id = try #require(results.first?["Entries"]?[0]?["EventId"]?.stringValue)
                try await eventually("it arrives") { !seen.events(of: "ours").isEmpty }
                let event = try #require(seen.events(of: "ours").first)
                #expect(event.id.description == id && event.type == "A" && event.tenantID == nil)
                #expect(String(decoding: event.data, as: UTF8.self) == #"{"tenantId":"x","n":1}"#)
            }
        }
    }

    @Test func `an event that is too large is rejected with its size, and the others are published`() async throws {
        try await TestEventBus.with(maximumBytes: 2048) { bus in
            func event(_ size: Int) throws -> EventEnvelope {
                let text = String(repeating: "x", count: size)
                return try EventEnvelope(
                    id: .v4(), type: "A", tenantID: nil, occurredAt: SystemClock().now(),
                    data: Array(#"{"t":"\#(text)"}"#.utf8))
            }
            let outcomes = try await bus.connector.publish([try event(1000), try event(3000), try event(1500)])
            #expect(outcomes[0] == .published && outcomes[2] == .published)
            guard case .rejected(let reason) = outcomes[1] else { throw TestFailure("\(outcomes[1])") }
            #expect(reason.hasSuffix("more than 2048"))
        }
    }

    @Test func `an event bus that does not exist is not ready, and takes no events`() async throws {
        try await TestEventBus.with { bus in
            #expect(await bus.eventBridge.isHealthy())
            try await bus.setAway(true)
            #expect(await !bus.eventBridge.isHealthy())
            try await bus.setAway(false)
            let other = bus.another(busName: "\(bus.name)-missing")
            #expect(await !other.isHealthy())
            let error = await #expect(throws: MessageBusError.self) {
                try await other.publish([try numbered(1, of: nil)])
            }
            #expect(error?.isDependencyUnavailable == true)
        }
    }
}
