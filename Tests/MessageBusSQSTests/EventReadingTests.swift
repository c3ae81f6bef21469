import JSONCoding
import MessageBus
import MessageBusTestSupport
import Primitives
import TestSupport
import Testing

@testable import MessageBusSQS

@Suite struct EventReadingTests {
    private let now = Timestamp(milliseconds: 1_767_607_200_000)
    private static let id = "0191a3c8-0000-7000-8000-000000000001"
    private static let tenant = "0191a3c8-0000-7000-8000-000000000002"

    private func message(_ body: String, type: String? = nil, id: String = id) throws -> IncomingMessage {
        var message: JSONObject = [
            "MessageId": .string(id), "ReceiptHandle": "r", "Body": .string(body),
            "Attributes": ["SentTimestamp": "1767607100000", "ApproximateReceiveCount": "3"],
        ]
        if let type {
            message["MessageAttributes"] = ["EventType": ["DataType": "String", "StringValue": .string(type)]]
        }
        return try #require(IncomingMessage(.object(message)))
    }

    private func read(_ body: String, type: String? = nil, id: String = id) throws -> EventEnvelope {
        try EventReading.event(in: message(body, type: type, id: id), now: now)
    }

    @Test func `an event of this system is what it was`() throws {
        let event = try EventEnvelope(
            id: .v4(), type: "A", version: 3, tenantID: .v4(), occurredAt: now,
            trace: TraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
            data: Array("{\"a\":\"\u{FFFE}\u{FFFF}\",\"b\":1.50}".utf8))
        let outgoing = OutgoingMessage(event)
        #expect(!outgoing.body.unicodeScalars.contains("\u{FFFE}"), "SQS takes characters of XML only")
        #expect(outgoing.attributes.map(\.name) == ["EventType"] && outgoing.attributes.map(\.value) == ["A"])
        #expect(outgoing.group == event.tenantID?.description && outgoing.deduplication == event.id.description)
        #expect(outgoing.size == outgoing.body.utf8.count + "EventTypeStringA".utf8.count)
        #expect(try read(outgoing.body, type: "A") == event)
        #expect(try read(outgoing.body) == event)
    }

    @Test func `events of strangers are read as the original sends them`() throws {
        let plain = try read(#"{"tenant":{"id":"\#(Self.tenant)"},"a":1.50}"#, type: "TENANT_PROVISIONING")
        #expect(plain.id == Identifier(Self.id) && plain.type == "TENANT_PROVISIONING" && plain.version == 1)
        #expect(plain.tenantID == Identifier(Self.tenant))
        #expect(plain.occurredAt == Timestamp(milliseconds: 1_767_607_100_000))
        #expect(String(decoding: plain.data, as: UTF8.self) == #"{"tenant":{"id":"\#(Self.tenant)"},"a":1.50}"#)
        let wrapped = try read(#"{"type":"B","tenantId":"\#(Self.tenant)","data":{"x":true}}"#)
        #expect(wrapped.type == "B" && wrapped.tenantID == Identifier(Self.tenant))
        #expect(String(decoding: wrapped.data, as: UTF8.self) == #"{"x":true}"#)
        #expect(try read(#"{"type":"B","data":{"x":true}}"#, type: "C").type == "C", "the attribute counts")
    }

    @Test(arguments: [
        ("", "A"), ("no JSON", "A"), ("[]", "A"), ("{}", nil), (#"{"type":5}"#, nil), ("{}", "lower case"),
        (#"{"type":"B","data":{}}"#, ""), ("{", nil),
    ])
    func `anything else is not an event, with a reason that has no data`(body: String, type: String?) throws {
        let message = try message(body, type: type)
        let error = try #require(throws: EventReading.Unreadable.self) {
            try EventReading.event(in: message, now: now)
        }
        #expect(!error.reason.isEmpty && !error.reason.contains("no JSON"))
    }

    @Test func `a message whose attribute and body differ is not an event`() throws {
        let event = try numbered(1, of: .v4(), type: "A")
        #expect(throws: EventReading.Unreadable.self) { try read(OutgoingMessage(event).body, type: "B") }
    }

    @Test func `an event that EventBridge has put into the queue is what it was`() throws {
        for data in ["{}", #"{"a":1}"#, #"{"type":"own","n":[1.50,12345678901234567890,{"x":1e3}]}"#] {
            for tenant in [nil, Identifier.v4()] {
                let event = try EventEnvelope(
                    id: .v4(), type: "A", version: 2, tenantID: tenant, occurredAt: now, data: Array(data.utf8))
                var detail = try EventBridgeDetail.detail(of: event)
                #expect(detail["type"]?.stringValue == (data.contains("own") ? "own" : "A"))
                if data.contains("1.50") { detail["n"] = [1.5] }
                let body: JSONValue = [
                    "version": "0", "id": .string(Self.id), "detail-type": "A", "source": "s",
                    "detail": .object(detail),
                ]
                #expect(try read(String(decoding: body.serialized(), as: UTF8.self)) == event)
            }
        }
    }

    @Test func `a replay on EventBridge names its original and its groups`() throws {
        for groups in [[], ["one", "two"]] {
            let event = try EventEnvelope(
                id: .v4(), type: "A", tenantID: nil, occurredAt: now, replay: EventReplay(of: .v4(), groups: groups),
                data: Array("{}".utf8))
            #expect(try EventBridgeDetail.event(type: "A", EventBridgeDetail.detail(of: event)) == event)
        }
        for groups: JSONValue in [["Not a group"], [], "one", 5, ["one", 1]] {
            let rest: JSONObject = [
                "id": .string(Self.id), "version": 1, "occurredAt": "2026-01-05T10:00:00Z",
                "replayOf": .string(Self.tenant), "groups": groups,
            ]
            #expect(throws: EventEnvelopeError.invalid(member: "groups")) {
                try EventBridgeDetail.event(type: "A", ["arcEvent": .object(rest)])
            }
        }
        let unclear: JSONObject = [
            "id": .string(Self.id), "version": 1, "occurredAt": "2026-01-05T10:00:00Z", "replayOf": 5,
        ]
        #expect(throws: EventEnvelopeError.invalid(member: "replayOf")) {
            try EventBridgeDetail.event(type: "A", ["arcEvent": .object(unclear)])
        }
    }

    @Test func `an event that somebody else has put on the event bus is read by its envelope`() throws {
        let event = try read(
            #"{"id":"\#(Self.tenant)","detail-type":"A","time":"2026-01-05T10:00:01Z","detail":{"b":2}}"#)
        #expect(event.id == Identifier(Self.tenant) && event.type == "A" && event.tenantID == nil)
        #expect(event.occurredAt == Timestamp(iso8601: "2026-01-05T10:00:01Z"))
        #expect(String(decoding: event.data, as: UTF8.self) == #"{"b":2}"#)
        for detail in [#"{"arcEvent":{}}"#, #"{"arcEvent":{"id":"\#(Self.id)","version":1}}"#] {
            #expect(throws: EventReading.Unreadable.self) { try read(#"{"detail-type":"A","detail":\#(detail)}"#) }
        }
        let taken = try EventEnvelope(
            id: .v4(), type: "A", tenantID: nil, occurredAt: now, data: Array(#"{"arcEvent":1}"#.utf8))
        #expect(throws: EventEnvelopeError.invalid(member: "data")) { try EventBridgeDetail.detail(of: taken) }
    }

    @Test func `a reason is fit for an attribute`() {
        #expect(MessageText.attribute("") == "failed")
        #expect(MessageText.attribute("a\u{1}b\u{FFFE}é") == "a b é")
        #expect(MessageText.attribute(String(repeating: "x", count: 1000)).count == 300)
    }
}
