package import JSONCoding
import Primitives

extension EventEnvelope: JSONWritable {
    /// Writes the event as one JSON object. `tenantId`, `traceparent` and `tracestate` are absent for an event without them.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id)
        writer.member("type", type)
        writer.member("version", version)
        writer.memberIfPresent("tenantId", tenantID)
        writer.member("occurredAt", occurredAt)
        writer.memberIfPresent("traceparent", trace?.traceparent)
        writer.memberIfPresent("tracestate", trace?.state)
        if let replay {
            writer.member("replayOf", replay.original)
            if !replay.groups.isEmpty { writer.member("groups", replay.groups) }
        }
        writer.key("data")
        writer.raw(data)
        writer.endObject()
    }

    /// Reads one event, strictly: every member must be there with its exact type and range.
    ///
    /// Two things are tolerated: members that this version does not know, so that a newer publisher may add one, and a
    /// `traceparent` or `tracestate` that is not one, which is dropped (W3C Trace Context). `data` keeps its numbers digit by digit; white
    /// space in it is not kept.
    /// - Throws: `EventEnvelopeError`.
    package init(parsing text: [UInt8]) throws(EventEnvelopeError) {
        let value: JSONValue
        do {
            value = try JSONValue.parse(text, limits: JSONLimits(bytes: EventEnvelope.maximumDataBytes + 4096))
        } catch {
            throw error.reason == .tooLong ? .dataTooLong : .malformed
        }
        guard let members = value.objectValue else { throw .malformed }
        let data = try EventEnvelope.require("data", in: members)
        guard case .object = data else { throw .invalid(member: "data") }
        try self.init(
            type: try EventEnvelope.string("type", in: members), envelope: members, data: data.serialized())
    }

    /// An event of a type with a content, whose envelope has the other members.
    init(type: String, envelope members: JSONObject, data: [UInt8]) throws(EventEnvelopeError) {
        guard let id = Identifier(try EventEnvelope.string("id", in: members)) else { throw .invalid(member: "id") }
        guard let version = try EventEnvelope.require("version", in: members).intValue else {
            throw .invalid(member: "version")
        }
        guard let occurredAt = Timestamp(iso8601: try EventEnvelope.string("occurredAt", in: members)) else {
            throw .invalid(member: "occurredAt")
        }
        try self.init(
            id: id, type: type, version: version, tenantID: try EventEnvelope.tenant(in: members),
            occurredAt: occurredAt,
            trace: try EventEnvelope.trace(in: members),
            replay: try EventEnvelope.replay(in: members), data: data)
    }

    private static func require(_ name: String, in members: JSONObject) throws(EventEnvelopeError) -> JSONValue {
        guard let value = members[name] else { throw .missing(member: name) }
        return value
    }

    private static func string(_ name: String, in members: JSONObject) throws(EventEnvelopeError) -> String {
        guard let text = try require(name, in: members).stringValue else { throw .invalid(member: name) }
        return text
    }

    private static func optionalString(
        _ name: String, in members: JSONObject
    ) throws(EventEnvelopeError) -> String? {
        guard let value = members[name], !value.isNull else { return nil }
        guard let text = value.stringValue else { throw .invalid(member: name) }
        return text
    }

    private static func replay(in members: JSONObject) throws(EventEnvelopeError) -> EventReplay? {
        guard let text = try optionalString("replayOf", in: members) else { return nil }
        guard let original = Identifier(text) else { throw .invalid(member: "replayOf") }
        guard let value = members["groups"], !value.isNull else { return EventReplay(of: original) }
        // Without its list, the event would reach all groups: so it is refused when the list cannot be read.
        guard let items = value.arrayValue, (1...EventReplay.maximumGroups).contains(items.count) else {
            throw .invalid(member: "groups")
        }
        var groups: [String] = []
        for item in items {
            guard let group = item.stringValue, EventEnvelope.isValid(group: group) else {
                throw .invalid(member: "groups")
            }
            groups.append(group)
        }
        return EventReplay(of: original, groups: groups)
    }

    private static func trace(in members: JSONObject) throws(EventEnvelopeError) -> TraceContext? {
        let state = try optionalString("tracestate", in: members)
        return try optionalString("traceparent", in: members).flatMap { TraceContext($0, state: state) }
    }

    private static func tenant(in members: JSONObject) throws(EventEnvelopeError) -> Identifier? {
        guard let text = try optionalString("tenantId", in: members) else { return nil }
        guard let id = Identifier(text) else { throw .invalid(member: "tenantId") }
        return id
    }
}
