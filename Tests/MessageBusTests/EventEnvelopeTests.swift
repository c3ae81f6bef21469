import JSONCoding
import MessageBusTestSupport
import Primitives
import TestSupport
import Testing

@testable import MessageBus

@Suite
struct EventEnvelopeTests {
    static let text = """
        {"id":"0190b7a5-0000-7000-8000-000000000001","type":"TENANT_PROVISIONING","version":1,\
        "tenantId":"0190b7a5-0000-7000-8000-000000000002","occurredAt":"2026-01-05T10:00:00.000Z",\
        "traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01","tracestate":"congo=1",\
        "data":{"a":1.50,"b":"\\u0000"}}
        """

    @Test func `an event is written as the documented JSON and read back to the same values`() throws {
        let event = try EventEnvelope(parsing: Array(Self.text.utf8))
        #expect(event.id.description == "0190b7a5-0000-7000-8000-000000000001")
        #expect(event.type == "TENANT_PROVISIONING")
        #expect(event.version == 1)
        #expect(event.tenantID?.description == "0190b7a5-0000-7000-8000-000000000002")
        #expect(event.occurredAt == Timestamp(iso8601: "2026-01-05T10:00:00Z"))
        #expect(event.trace?.traceparent == "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        #expect(event.trace?.state == "congo=1")
        #expect(String(decoding: event.data, as: UTF8.self) == #"{"a":1.50,"b":"\u0000"}"#)
        #expect(String(decoding: event.jsonBytes(), as: UTF8.self) == Self.text)
    }

    @Test func `an event keeps every value on its way through JSON`() throws {
        var generator = SeededGenerator(seed: 20_260_105)
        for _ in 0..<2000 {
            let event = try Self.random(using: &generator)
            #expect(try EventEnvelope(parsing: event.jsonBytes()) == event)
        }
    }

    @Test func `damaged text is read or refused, and what is read is valid again`() throws {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<5000 {
            var text = try Self.random(using: &generator).jsonBytes()
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                guard let index = text.indices.randomElement(using: &generator) else { break }
                switch Int.random(in: 0...2, using: &generator) {
                case 0: text[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: text.remove(at: index)
                default: text.insert(UInt8.random(in: 32...126, using: &generator), at: index)
                }
            }
            guard let event = try? EventEnvelope(parsing: text) else { continue }
            #expect(EventEnvelope.isValid(type: event.type))
            #expect(try EventEnvelope(parsing: event.jsonBytes()) == event)
        }
    }

    @Test(
        arguments: [
            ("id", "\"not-a-uuid\"", .invalid(member: "id")),
            ("id", nil, .missing(member: "id")),
            ("type", "\"tenant_created\"", .invalid(member: "type")),
            ("type", "\"\"", .invalid(member: "type")),
            ("type", "7", .invalid(member: "type")),
            ("version", "0", .invalid(member: "version")),
            ("version", "1.5", .invalid(member: "version")),
            ("version", "\"1\"", .invalid(member: "version")),
            ("version", "2147483648", .invalid(member: "version")),
            ("version", nil, .missing(member: "version")),
            ("tenantId", "\"\"", .invalid(member: "tenantId")),
            ("tenantId", "5", .invalid(member: "tenantId")),
            ("occurredAt", "\"yesterday\"", .invalid(member: "occurredAt")),
            ("occurredAt", nil, .missing(member: "occurredAt")),
            ("traceparent", "{}", .invalid(member: "traceparent")),
            ("data", "[]", .invalid(member: "data")),
            ("data", "null", .invalid(member: "data")),
            ("data", nil, .missing(member: "data")),
        ] as [(String, String?, EventEnvelopeError)])
    func `invalid members are refused`(member: String, value: String?, expected: EventEnvelopeError) throws {
        var object = try #require(try JSONValue.parse(Self.text).objectValue)
        object[member] = try value.map { try JSONValue.parse($0) }
        let text = JSONValue.object(object).serialized()
        #expect(throws: expected) { try EventEnvelope(parsing: text) }
    }

    @Test(arguments: ["", "[]", "null", "{", "{} {}", "\u{FEFF}{}"])
    func `anything but a JSON object is refused`(text: String) {
        #expect(throws: EventEnvelopeError.self) { try EventEnvelope(parsing: Array(text.utf8)) }
    }

    @Test func `an invalid traceparent and unknown members are dropped`() throws {
        var object = try #require(try JSONValue.parse(Self.text).objectValue)
        object["traceparent"] = "00-00000000000000000000000000000000-00f067aa0ba902b7-01"
        object["later"] = true
        let event = try EventEnvelope(parsing: JSONValue.object(object).serialized())
        #expect(event.trace == nil)

        object["traceparent"] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        object["tracestate"] = "no state"
        let other = try EventEnvelope(parsing: JSONValue.object(object).serialized())
        #expect(other.trace != nil && other.trace?.state == nil)
    }

    @Test func `data is accepted up to its limit and no further`() throws {
        func event(bytes: Int) throws -> EventEnvelope {
            try EventEnvelope(
                id: .v4(), type: "A", tenantID: nil, occurredAt: Timestamp(microseconds: 0),
                data: Array("{\"a\":\"".utf8) + [UInt8](repeating: 97, count: bytes - 8) + Array("\"}".utf8))
        }
        let longest = try event(bytes: EventEnvelope.maximumDataBytes)
        #expect(try EventEnvelope(parsing: longest.jsonBytes()) == longest)
        #expect(throws: EventEnvelopeError.dataTooLong) { try event(bytes: EventEnvelope.maximumDataBytes + 1) }
    }

    @Test func `an event is ordered within its tenant, or not at all when it has none`() throws {
        let tenant = Identifier.v4()
        #expect(try numbered(1, of: tenant).orderingKey == tenant)
        let event = try numbered(1, of: nil)
        #expect(event.orderingKey == event.id)
    }

    private static func random(using generator: inout SeededGenerator) throws -> EventEnvelope {
        let types = [EventType.tenantProvisioning, "A", "A_1", String(repeating: "Z", count: 100)]
        let traces = [nil, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"]
        let identifiers = (0..<2).map { _ in Identifier(high: generator.next(), low: generator.next()) }
        var object = JSONObject()
        for index in 0..<Int.random(in: 0...4, using: &generator) {
            let scalars = (0..<5).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 0...0x1_F9FF, using: &generator))
            }
            var text = ""
            text.unicodeScalars.append(contentsOf: scalars)
            object["k\(index)" + text] = [.string(text), .integer(Int64(bitPattern: generator.next())), nil]
        }
        return try EventEnvelope(
            id: identifiers[0], type: types.randomElement(using: &generator) ?? "A",
            version: Int.random(in: 1...Int(Int32.max), using: &generator),
            tenantID: Bool.random(using: &generator) ? identifiers[1] : nil,
            occurredAt: Timestamp(microseconds: Int64.random(in: 0...4_102_444_800_000_000, using: &generator)),
            trace: (traces.randomElement(using: &generator) ?? nil).flatMap {
                TraceContext($0, state: Bool.random(using: &generator) ? "a=1,b=\"x\"" : nil)
            },
            data: JSONValue.object(object).serialized())
    }
}
