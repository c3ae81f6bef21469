import Entities
import JSONCoding
import MessageBus
import Primitives
import Sealing
import ServiceKit

/// An event that starts a workflow as an API destination of EventBridge delivers it: the envelope of EventBridge, or the
/// detail alone when the rule has an input path.
struct EventBridgeEvent: Sendable {
    /// The same event as the bus would hand it over.
    let envelope: EventEnvelope

    /// Reads a body.
    /// - Parameters:
    ///   - type: What the path says.
    ///   - secrets: Opens a secret that tenant management has sealed. One in clear is taken as it is.
    ///   - trace: Trace of the request.
    ///   - now: Time of an event that does not say its own.
    /// - Throws: 422 with every place at which the body is no such event.
    init(
        _ body: JSONObject, type: String, secrets: EventSecretSealer, trace: TraceContext?, now: Timestamp
    ) throws(ValidationFailure) {
        let isEnveloped = body["detail"] != nil || body["detail-type"] != nil
        let place = isEnveloped ? "/detail" : ""
        try Self.check(body["detail-type"], is: type, at: "/detail-type")
        // The signature does not cover the path: what was signed as a request to provision, which need not name its type, must not
        // be taken as a request to remove.
        let isNamed = body["detail-type"] != nil || (body["detail"] ?? .object(body))["type"] != nil
        guard isNamed || type == EventType.tenantProvisioning else { throw .required(place, "type") }
        guard let detail = isEnveloped ? body["detail"] : .object(body) else {
            throw .required("", "detail")
        }
        let details = Self.detail.validate(detail)
        guard details.isEmpty else {
            throw ValidationFailure(
                details.map {
                    ValidationDetail(path: place + $0.path, code: $0.code, message: $0.message, info: $0.info)
                })
        }
        try Self.check(detail["type"], is: type, at: place + "/type")
        guard let tenant = detail["tenant"]?["id"]?.stringValue, let tenantID = Identifier(tenant),
            let context = detail["context"]?.stringValue, let secret = detail["secret"]?.stringValue
        else { throw .invalidField(place, code: "type", "is not an event") }
        guard let clear = try? secrets.open(secret, context: context), clear.utf8.count == 32, Hex.decode(clear) != nil
        else {
            throw .invalidField(
                place + "/secret", code: "pattern",
                "must be 32 hexadecimal characters, in clear or sealed under the DATA_ENCRYPTION_KEY of this service")
        }
        if let sent = try Self.envelope(in: detail, type: type, tenant: tenantID, trace: trace, at: place) {
            envelope = sent
            return
        }
        // An event without an id is identified by what it requests, because each provisioning is requested once.
        let named = isEnveloped ? body["id"]?.stringValue.flatMap { Identifier($0) } : nil
        do {
            envelope = try EventEnvelope(
                id: named ?? Identifier(eventName: "\(type) \(tenantID) \(context)"), type: type, tenantID: tenantID,
                occurredAt: body["time"]?.stringValue.flatMap { Timestamp(iso8601: $0) } ?? now,
                trace: trace, data: detail.serialized())
        } catch {
            throw .invalidField(place, code: "range", "\(error)")
        }
    }

    /// The event as this control plane has put it on the event bus, so that it has the same identity on every way here: the queue
    /// of the group and this route can both be targets of one rule. EventBridge gives each entry its own id, and a relay that
    /// repeats itself makes several entries of one event.
    /// - Returns: Nil for an event of another program, which has no envelope in its detail.
    static func envelope(
        in detail: JSONValue, type: String, tenant: Identifier, trace: TraceContext?, at place: String
    ) throws(ValidationFailure) -> EventEnvelope? {
        let member = "\(place)/\(EventBridgeDetail.member)"
        let sent: EventEnvelope?
        do throws(EventEnvelopeError) {
            sent = try EventBridgeDetail.event(type: type, detail.objectValue ?? [:])
        } catch {
            throw .invalidField(member, code: "envelope", "is not valid: \(error)")
        }
        guard let sent else { return nil }
        guard sent.tenantID == tenant else {
            throw .invalidField(member + "/tenantId", code: "const", "must be the tenant of the event")
        }
        guard sent.trace == nil, let trace else { return sent }
        do throws(EventEnvelopeError) {
            return try EventEnvelope(
                id: sent.id, type: sent.type, version: sent.version, tenantID: tenant, occurredAt: sent.occurredAt,
                trace: trace, replay: sent.replay, data: sent.data)
        } catch {
            throw .invalidField(place, code: "range", "\(error)")
        }
    }

    static func check(_ value: JSONValue?, is type: String, at place: String) throws(ValidationFailure) {
        guard let value, value.stringValue != type else { return }
        throw .invalidField(place, code: "const", "must be equal to the type in the path, \(type)")
    }

    // MARK: Schemas

    /// What provisioning needs (docs/contract/arc-api.md 9.3); the rest goes to provisioners as it is.
    private static let detail: Schema = {
        // At most a thousand bytes, so that it fits an index.
        let text = Schema.string(minLength: 1, maxLength: 250)
        let secret = Schema.string(maxLength: 250, pattern: secretForm).example("0123456789abcdef0123456789abcdef")
            .described("Signs the callback: 32 hexadecimal characters in plain text, or encrypted by tenant management")
        let tenant = Schema.object(
            [
                .init("id", .string(format: .uuid), required: true),
                .init(
                    "key", .string(maxLength: 56, pattern: .lowercaseAlphanumeric).example("acme"), required: true),
            ], isClosed: false)
        let plan = Schema.object([.init("tier", text.example("BASIC"))], isClosed: false)
        return .object(
            [
                .init("type", text.example(.string(EventType.tenantProvisioning))),
                .init("tenant", tenant, required: true),
                .init("subscription", .object([.init("plan", plan)], isClosed: false)),
                .init("secret", secret, required: true),
                .init(
                    "context",
                    text.example("5b7c64a8-3f0e-4d5a-9c6b-2f4f7a1d0e93").described(
                        "Identifies the provisioning; a repeated event has no effect"), required: true),
            ], name: "ProvisioningDetail", isClosed: false)
    }()

    /// A secret in clear, or one that may be sealed; whether it can be opened depends on the key.
    private static let secretForm = Pattern(regex: "^([0-9A-Fa-f]{32}|sealed:[A-Za-z0-9+/=]+)$") { text in
        let prefix = "sealed:"
        guard text.hasPrefix(prefix) else { return text.utf8.count == 32 && Hex.decode(text) != nil }
        let sealed = text.utf8.dropFirst(prefix.utf8.count)
        return !sealed.isEmpty
            && sealed.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || "+/=".utf8.contains($0)
            }
    }

    /// The body: members of the envelope or, without `detail`, those of the detail itself.
    static let schema: Schema = {
        let envelope: [Schema.Property] = [
            .init("id", .string(format: .uuid).described("Identifies the event; a repeated delivery has no effect")),
            .init("detail-type", .string(maxLength: 128).described("Same as in the path")),
            .init("source", .string(maxLength: 256)),
            .init("time", .string(format: .dateTime)),
            .init("detail", .freeObject.described("The members below")),
        ]
        return .object(
            envelope + detail.properties.map { .init($0.name, $0.schema) }, name: "EventBridgeEvent", isClosed: false
        ).example([
            "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "detail-type": .string(EventType.tenantProvisioning),
            "source": "ARC-SAAS", "time": "2026-01-05T10:00:00Z", "detail": detail.sample(),
        ])
    }()
}
