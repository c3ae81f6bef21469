package import JSONCoding
import Primitives

/// An event as the detail of an event of EventBridge.
///
/// The detail is the content of the event, as the original sends it, so that rules and targets of other programs find its members
/// where they expect them. The envelope of EventBridge has no members for identity, tenant, trace and replay; they are in one more
/// member of the detail.
package enum EventBridgeDetail {
    /// The member with the envelope of the event, without its type and content.
    package static let member = "arcEvent"

    /// The detail of an event. It also has the member `type`, which consumers of the original read, unless the content of the event
    /// has a member of this name.
    /// - Throws: `EventEnvelopeError` when the content of the event is not a JSON object.
    package static func detail(of event: EventEnvelope) throws(EventEnvelopeError) -> JSONObject {
        let limits = JSONLimits(bytes: EventEnvelope.maximumDataBytes)
        guard let value = try? JSONValue.parse(event.data, limits: limits), var detail = value.objectValue,
            detail[member] == nil
        else { throw .invalid(member: "data") }
        var rest: JSONObject = [
            "id": .identifier(event.id), "version": .integer(event.version),
            "occurredAt": .timestamp(event.occurredAt),
        ]
        if let tenant = event.tenantID { rest["tenantId"] = .identifier(tenant) }
        if let trace = event.trace {
            rest["traceparent"] = .string(trace.traceparent)
            rest["tracestate"] = trace.state.map { .string($0) }
        }
        if let replay = event.replay {
            rest["replayOf"] = .identifier(replay.original)
            if !replay.groups.isEmpty { rest["groups"] = .array(replay.groups.map(JSONValue.string)) }
        }
        if value.hasNumbersThatChange { rest["text"] = .string(String(decoding: event.data, as: UTF8.self)) }
        if detail["type"] == nil {
            detail["type"] = .string(event.type)
            rest["hasAddedType"] = true
        }
        detail[member] = .object(rest)
        return detail
    }

    /// The event in a detail that ``detail(of:)`` has made; nil for the detail of another program, which has no envelope.
    /// - Throws: `EventEnvelopeError` when the envelope lacks a member, or has an invalid one.
    package static func event(type: String, _ detail: JSONObject) throws(EventEnvelopeError) -> EventEnvelope? {
        guard let rest = detail[member]?.objectValue else { return nil }
        return try EventEnvelope(type: type, envelope: rest, data: try data(in: detail, rest))
    }

    private static func data(in detail: JSONObject, _ rest: JSONObject) throws(EventEnvelopeError) -> [UInt8] {
        if let text = rest["text"]?.stringValue {
            let limits = JSONLimits(bytes: EventEnvelope.maximumDataBytes)
            guard let value = try? JSONValue.parse(Array(text.utf8), limits: limits), case .object = value else {
                throw .invalid(member: "text")
            }
            return Array(text.utf8)
        }
        var data = detail
        data[member] = nil
        if rest["hasAddedType"]?.boolValue == true { data["type"] = nil }
        return JSONValue.object(data).serialized()
    }
}

extension JSONValue {
    /// Whether it contains a number whose text EventBridge may change, because it does not promise to keep the text of a detail:
    /// a program that parses numbers as doubles writes `1.50` as `1.5`, and rounds integers beyond 2^53.
    fileprivate var hasNumbersThatChange: Bool {
        switch self {
        case .null, .bool, .string: false
        case .number(let number):
            !(Int64(number.literal).map { $0.magnitude < 1 << 53 && String($0) == number.literal } ?? false)
        case .array(let elements): elements.contains { $0.hasNumbersThatChange }
        case .object(let members): members.contains { $0.value.hasNumbersThatChange }
        }
    }
}
