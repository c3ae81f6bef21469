import JSONCoding
import MessageBus
import Primitives

/// Reads the event in a message. The message was sent by this system, by a rule of EventBridge, or by another program in the form of
/// the original: a JSON object, whose type is in the attribute `EventType` or in the member `type`.
enum EventReading {
    /// The message does not contain an event.
    struct Unreadable: Error, Sendable, Hashable {
        /// The reason, without any content of the message.
        let reason: String
    }

    static func event(in message: IncomingMessage, now: Timestamp) throws(Unreadable) -> EventEnvelope {
        let text = Array(message.body.utf8)
        let limits = JSONLimits(bytes: 1 << 20)
        guard let value = try? JSONValue.parse(text, limits: limits), let body = value.objectValue else {
            throw Unreadable(reason: "the body is not a JSON object")
        }
        if let type = body["detail-type"]?.stringValue, let detail = body["detail"]?.objectValue {
            return try enveloped(type: type, detail, body, message, now: now)
        }
        let named = message.attribute(MessageAttribute.eventType)
        if let event = try? EventEnvelope(parsing: text) {
            guard named == nil || named == event.type else {
                throw Unreadable(reason: "EventType and the body name different events")
            }
            return event
        }
        guard let type = named ?? body["type"]?.stringValue else {
            throw Unreadable(reason: "neither the attribute EventType nor the body names an event")
        }
        let isWrapped = body["type"] != nil && body["data"]?.objectValue != nil
        let data = isWrapped ? body["data"]?.objectValue ?? body : body
        return try foreign(
            type: type, data, id: message.identity, at: message.sentAt ?? now,
            tenant: tenant(in: body) ?? tenant(in: data))
    }

    private static func enveloped(
        type: String, _ detail: JSONObject, _ body: JSONObject, _ message: IncomingMessage, now: Timestamp
    ) throws(Unreadable) -> EventEnvelope {
        do {
            if let event = try EventBridgeDetail.event(type: type, detail) { return event }
        } catch {
            throw Unreadable(reason: "the detail is not an event: \(error)")
        }
        let time = body["time"]?.stringValue.flatMap { Timestamp(iso8601: $0) }
        return try foreign(
            type: type, detail, id: body["id"]?.stringValue ?? message.identity, at: time ?? message.sentAt ?? now,
            tenant: tenant(in: detail))
    }

    /// An event of a program that does not use the envelope of this system. The id of the message identifies the event, so that it
    /// has one effect however often it is received.
    private static func foreign(
        type: String, _ data: JSONObject, id: String, at instant: Timestamp, tenant: Identifier?
    ) throws(Unreadable) -> EventEnvelope {
        guard let id = Identifier(id) else { throw Unreadable(reason: "the identifier is not a UUID") }
        do throws(EventEnvelopeError) {
            return try EventEnvelope(
                id: id, type: type, tenantID: tenant, occurredAt: instant, data: JSONValue.object(data).serialized())
        } catch {
            throw Unreadable(reason: error.description)
        }
    }

    private static func tenant(in object: JSONObject) -> Identifier? {
        (object["tenantId"]?.stringValue ?? object["tenant"]?["id"]?.stringValue).flatMap { Identifier($0) }
    }
}
