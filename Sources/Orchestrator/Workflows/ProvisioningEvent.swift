import JSONCoding
package import MessageBus
package import Primitives
package import Sealing

extension WorkflowKind {
    /// The event that starts such a workflow, by its type.
    private static let eventTypes: [WorkflowKind: String] = [
        .provision: EventType.tenantProvisioning,
        .deprovision: EventType.tenantDeprovisioning,
        .move: EventType.tenantMoveRequested,
    ]

    /// Every event that starts a workflow.
    static let startingEvents = Set(eventTypes.values)

    /// The kind of workflow that an event starts; nil for other events.
    init?(eventType: String) {
        guard let kind = Self.eventTypes.first(where: { $0.value == eventType })?.key else { return nil }
        self = kind
    }

    /// The type of the event that starts it.
    var eventType: String { Self.eventTypes[self] ?? rawValue }
}

/// What an event asks for that starts a workflow (docs/contract/arc-api.md 9.3): the members of `TENANT_PROVISIONING`, whatever
/// its type.
///
/// Holds the secret that signs the callback: never into a log or, unsealed, into a database.
package struct ProvisioningEvent: Sendable {
    /// What is to be done, by the type of the event.
    package let kind: WorkflowKind
    /// Identity of the event on the bus.
    package let eventID: Identifier
    /// The tenant.
    package let tenantID: Identifier
    /// The tenant's key, `^[a-z0-9]+$` when it comes from tenant management.
    package let tenantKey: String
    /// `subscription.plan.tier`; empty when the event has none.
    package let tier: String
    /// What the event says of the plan beside the tier.
    let plan: Plan
    /// The 32 characters that sign the callback.
    package let secret: String
    /// The context that the callback is signed with, different for each provisioning.
    package let context: String
    /// Trace in which the event was published.
    package let trace: TraceContext?
    /// The event's JSON text as provisioners get it: with the secret in clear.
    package let json: [UInt8]

    /// What the event says of the plan beside the tier (docs/contract/arc-api.md 9.3).
    struct Plan: Sendable, Hashable {
        /// `subscription.plan.size`; empty when the event has none.
        var size = ""
        /// `subscription.plan.sizeConfig.region`; nil when the event has none.
        var region: String?
    }

    /// Reads an event of the bus.
    /// - Parameter secrets: Opens the secret, which tenant management seals before it publishes.
    /// - Throws: `EventRejection` when it lacks what the callback needs: nobody could be notified of the outcome.
    package init(_ envelope: EventEnvelope, secrets: EventSecretSealer) throws(EventRejection) {
        guard let kind = WorkflowKind(eventType: envelope.type) else {
            throw EventRejection(reason: "events of type \(envelope.type) start no workflow")
        }
        try self.init(
            kind: kind, json: envelope.data, eventID: envelope.id, tenantID: envelope.tenantID, trace: envelope.trace,
            secrets: secrets)
    }

    init(
        kind: WorkflowKind, json: [UInt8], eventID: Identifier, tenantID envelopeTenant: Identifier?,
        trace: TraceContext?, secrets: EventSecretSealer
    ) throws(EventRejection) {
        guard let value = try? JSONValue.parse(stored: json), var object = value.objectValue else {
            throw EventRejection(reason: "the data is not a JSON object")
        }
        let tenant = value["tenant"]
        guard let tenantID = tenant?["id"]?.stringValue.flatMap({ Identifier($0) }) ?? envelopeTenant else {
            throw EventRejection(reason: "tenant.id is missing or not a UUID")
        }
        guard envelopeTenant == nil || envelopeTenant == tenantID else {
            throw EventRejection(reason: "tenant.id is not the tenant of the envelope")
        }
        guard let sealed = Self.text(value["secret"]) else { throw EventRejection(reason: "secret is missing") }
        guard let context = Self.text(value["context"]) else { throw EventRejection(reason: "context is missing") }
        guard let secret = try? secrets.open(sealed, context: context) else {
            throw EventRejection(reason: "the secret was sealed under another DATA_ENCRYPTION_KEY")
        }
        self.kind = kind
        self.eventID = eventID
        self.tenantID = tenantID
        self.tenantKey = Self.text(tenant?["key"]) ?? ""
        let ordered = value["subscription"]?["plan"]
        self.tier = Self.text(ordered?["tier"]) ?? ""
        let region = ordered?["sizeConfig"]?["region"]?.stringValue
        self.plan = Plan(
            size: Self.text(ordered?["size"]) ?? "", region: region.flatMap { $0.isEmpty ? nil : $0 })
        self.secret = secret
        self.context = context
        self.trace = trace
        if secret != sealed { object["secret"] = .string(secret) }
        self.json = secret == sealed ? json : JSONValue.object(object).serialized()
    }

    /// A text that is there, short enough for an index, and storable (PostgreSQL keeps no U+0000).
    private static func text(_ value: JSONValue?) -> String? {
        guard let text = value?.stringValue, (1...1000).contains(text.utf8.count), !text.utf8.contains(0) else {
            return nil
        }
        return text
    }
}
