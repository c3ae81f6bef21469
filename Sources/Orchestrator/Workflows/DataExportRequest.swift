import JSONCoding
import MessageBus
import Primitives
import Sealing

/// A request for the application data of a tenant: the event `TENANT_DATA_EXPORT_REQUESTED`.
///
/// Holds the secret that signs what is sent: never into a log or, unsealed, into a database.
struct DataExportRequest: Sendable {
    let eventID: Identifier
    let tenantID: Identifier
    let tenantKey: String
    /// The id of the export, with which everything that is sent is signed.
    let export: Identifier
    let secret: String
    let trace: TraceContext?
    /// The event's JSON text as commands and pipelines get it: with the secret in clear.
    let json: [UInt8]

    /// - Throws: `EventRejection` when it lacks what an answer needs.
    init(_ envelope: EventEnvelope, secrets: EventSecretSealer) throws(EventRejection) {
        guard envelope.type == EventType.tenantDataExportRequested else {
            throw EventRejection(reason: "events of type \(envelope.type) request no data")
        }
        try self.init(
            json: envelope.data, eventID: envelope.id, tenantID: envelope.tenantID, trace: envelope.trace,
            secrets: secrets)
    }

    init(
        json: [UInt8], eventID: Identifier, tenantID envelopeTenant: Identifier?, trace: TraceContext?,
        secrets: EventSecretSealer
    ) throws(EventRejection) {
        guard let value = try? JSONValue.parse(stored: json), var object = value.objectValue else {
            throw EventRejection(reason: "the data is not a JSON object")
        }
        let tenant = value["tenant"]
        guard let tenantID = tenant?["id"]?.stringValue.flatMap({ Identifier($0) }),
            envelopeTenant == nil || envelopeTenant == tenantID
        else { throw EventRejection(reason: "tenant.id is missing, or not the tenant of the envelope") }
        guard let export = value["context"]?.stringValue.flatMap({ Identifier($0) }) else {
            throw EventRejection(reason: "context is missing or not a UUID")
        }
        guard let sealed = value["secret"]?.stringValue, !sealed.isEmpty else {
            throw EventRejection(reason: "secret is missing")
        }
        guard let secret = try? secrets.open(sealed, context: export.description) else {
            throw EventRejection(reason: "the secret was sealed under another DATA_ENCRYPTION_KEY")
        }
        guard let key = tenant?["key"]?.stringValue, key.utf8.count <= 1000, !key.utf8.contains(0) else {
            throw EventRejection(reason: "tenant.key is missing")
        }
        self.eventID = eventID
        self.tenantID = tenantID
        tenantKey = key
        self.export = export
        self.secret = secret
        self.trace = trace
        if secret != sealed { object["secret"] = .string(secret) }
        self.json = secret == sealed ? json : JSONValue.object(object).serialized()
    }

    /// The variables that describe it to a command. The secret is not among them, because others can read an environment.
    var variables: [String: String] {
        [
            "ARC_EVENT_TYPE": EventType.tenantDataExportRequested, "ARC_EVENT_ID": eventID.description,
            "ARC_TENANT_ID": tenantID.description, "ARC_TENANT_KEY": tenantKey, "ARC_CONTEXT": export.description,
            "ARC_ACTION": "export",
        ]
    }
}
