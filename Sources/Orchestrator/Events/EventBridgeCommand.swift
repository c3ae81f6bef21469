import Entities
import JSONCoding
import MessageBus
import Primitives
import ServiceKit

/// A `TENANT_PROVISIONING_COMMAND` event as an API destination of EventBridge delivers it.
struct EventBridgeCommand: Sendable {
    /// The same event as the bus would hand it over.
    let envelope: EventEnvelope

    /// Reads a body.
    /// - Throws: 422 with the place at which the body is no such event.
    init(_ body: JSONObject, type: String, trace: TraceContext?, now: Timestamp) throws(ValidationFailure) {
        let isEnveloped = body["detail"] != nil || body["detail-type"] != nil
        let place = isEnveloped ? "/detail" : ""
        try EventBridgeEvent.check(body["detail-type"], is: type, at: "/detail-type")
        guard let detail = isEnveloped ? body["detail"] : .object(body) else { throw .required("", "detail") }
        guard body["detail-type"] != nil || detail["type"] != nil else { throw .required(place, "type") }
        try EventBridgeEvent.check(detail["type"], is: type, at: place + "/type")
        guard let tenant = detail["tenantId"]?.stringValue.flatMap({ Identifier($0) }) else {
            throw .invalidField(place + "/tenantId", code: "format", "must be a UUID")
        }
        guard let id = detail["commandId"]?.stringValue.flatMap({ Identifier($0) }) else {
            throw .invalidField(place + "/commandId", code: "format", "must be a UUID")
        }
        if let sent = try EventBridgeEvent.envelope(in: detail, type: type, tenant: tenant, trace: trace, at: place) {
            envelope = sent
            return
        }
        do {
            envelope = try EventEnvelope(
                id: id, type: type, tenantID: tenant,
                occurredAt: body["time"]?.stringValue.flatMap { Timestamp(iso8601: $0) } ?? now, trace: trace,
                data: detail.serialized())
        } catch {
            throw .invalidField(place, code: "range", "\(error)")
        }
    }
}
