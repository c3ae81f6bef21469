import Entities
import JSONCoding
import MessageBus
import PostgresClient
import Primitives
import Sealing
import ServiceKit

/// The subscription for which a tenant is provisioned, as the event hands it on (contract 9.3).
struct ProvisioningSubscription: Sendable {
    /// Its id; nil for a tenant that an operator provisions by tier alone.
    let id: String?
    /// Verbatim JSON.
    let json: [UInt8]

    /// How deep a subscription may nest: with the event and its envelopes around it, readers still accept it (64).
    private static let maximumDepth = 60

    /// A subscription as somebody else has described it.
    /// - Throws: 422 at `/plan` when it nests deeper than the event's readers accept: the tenant would wait for ever.
    init(id: String?, _ value: JSONValue) throws(HTTPFailure) {
        guard value.depth <= Self.maximumDepth else {
            throw .invalidField(
                "/plan", code: "depth", "must NOT nest more than \(Self.maximumDepth - 1) levels deep")
        }
        self.id = id
        json = value.serialized()
    }

    private init(json: [UInt8]) {
        id = nil
        self.json = json
    }

    /// What stands in for a subscription when only the tier is known.
    static func planOnly(tier: String, subscriber: Identifier) -> ProvisioningSubscription {
        var writer = JSONWriter(reservingCapacity: 128)
        writer.value(["subscriberId": .string(subscriber.description), "plan": ["tier": .string(tier)]])
        return ProvisioningSubscription(json: writer.bytes)
    }
}

/// Makes what begins a provisioning: its row and its event, for the caller's transaction.
struct ProvisioningPlanner: Sendable {
    let secrets: WebhookSecrets
    let sealer: EventSecretSealer
    let copies: WebhookSecretCopies
    let timeout: Duration

    struct Plan: Sendable {
        let tenant: Identifier
        let context: Identifier
        let secret: String
        let statements: [BoundStatement]
        let event: EventEnvelope
    }

    /// After the commit: puts the copy of the secret where docs/contract/architecture.md has it.
    func committed(_ plan: Plan?) async {
        guard let plan else { return }
        await copies.store(
            WebhookSecretCopies.Copy(secret: plan.secret, context: plan.context.description), tenant: plan.tenant)
    }

    /// - Parameters:
    ///   - tenantJSON: The tenant as it was before, with contacts and address.
    ///   - subscription: For what it is provisioned.
    /// - Throws: 422 at `/plan` when the event would be larger than the bus takes.
    func plan(
        tenant: Identifier, tenantJSON: [UInt8], subscription: ProvisioningSubscription, now: Timestamp,
        traceparent: String?
    ) throws -> Plan {
        let context = Identifier.v4()
        let secret = secrets.secret(tenant: tenant, context: context)
        let row = BoundStatement(
            """
            INSERT INTO main.provisionings (id, tenant_id, subscription_id, requested_on, expires_on)
            VALUES ($1, $2, $3, $4, $5)
            """,
            [
                .identifier(context), .identifier(tenant), subscription.id.map { .text($0) } ?? .null,
                .timestamp(now), .timestamp(now.adding(timeout)),
            ])
        var writer = JSONWriter(reservingCapacity: 2048)
        writer.beginObject()
        writer.key("type")
        writer.string(EventType.tenantProvisioning)
        writer.key("tenant")
        writer.raw(tenantJSON)
        writer.key("subscription")
        writer.raw(subscription.json)
        writer.key("secret")
        writer.string(try sealer.seal(secret))
        writer.key("context")
        writer.identifier(context)
        writer.endObject()
        guard writer.bytes.count <= EventEnvelope.maximumDataBytes else {
            throw HTTPFailure.invalidField(
                "/plan", code: "size",
                "makes an event of more than \(EventEnvelope.maximumDataBytes) bytes, tenant and contacts included")
        }
        let event = try EventEnvelope(
            id: .v7(at: now), type: EventType.tenantProvisioning, tenantId: tenant, occurredAt: now,
            traceparent: traceparent, data: writer.bytes)
        return Plan(tenant: tenant, context: context, secret: secret, statements: [row], event: event)
    }
}
