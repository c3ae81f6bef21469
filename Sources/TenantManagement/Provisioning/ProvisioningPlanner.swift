import Entities
import JSONCoding
import MessageBus
import PostgresClient
import Primitives
import Sealing
import ServiceKit

/// The subscription for which a tenant is provisioned, as the event hands it on (docs/contract/arc-api.md 9.3).
struct ProvisioningSubscription: Sendable {
    /// Its id; nil for a tenant that an operator provisions by tier alone.
    let id: String?
    /// Of its plan; nil if it has none.
    let tier: String?
    /// Verbatim JSON.
    let json: [UInt8]

    /// How deep a subscription may nest. Readers accept 64 levels, including those of the event and its envelopes.
    private static let maximumDepth = 60

    /// A subscription from a request or an event.
    /// - Throws: ``ProvisioningError/planTooDeep(limit:)``: with such an event the tenant would wait indefinitely.
    init(id: String?, _ value: JSONValue) throws(ProvisioningError) {
        guard value.depth <= Self.maximumDepth else {
            throw .planTooDeep(limit: Self.maximumDepth - 1)
        }
        self.id = id
        tier = value["plan"]?["tier"]?.stringValue
        json = value.serialized()
    }

    private init(tier: String, json: [UInt8]) {
        id = nil
        self.tier = tier
        self.json = json
    }

    /// Replaces a subscription when only the tier is known.
    static func planOnly(tier: String, subscriber: Identifier) -> ProvisioningSubscription {
        var writer = JSONWriter(reservingCapacity: 128)
        writer.value(["subscriberId": .string(subscriber.description), "plan": ["tier": .string(tier)]])
        return ProvisioningSubscription(tier: tier, json: writer.bytes)
    }
}

extension ProvisioningKind {
    /// The event that asks the orchestrator for it.
    var eventType: String {
        switch self {
        case .provision: EventType.tenantProvisioning
        case .deprovision: EventType.tenantDeprovisioning
        case .move: EventType.tenantMoveRequested
        }
    }
}

/// Makes the row and the event that start a provisioning, for the caller's transaction.
struct ProvisioningPlanner: Sendable {
    let secrets: WebhookSecrets
    let sealer: EventSecretSealer
    let copies: WebhookSecretCopies
    let timeout: Duration

    struct Plan: Sendable {
        let tenant: Identifier
        let context: Identifier
        let secret: String
        let insertion: BoundStatement
        let event: EventEnvelope
    }

    /// Stores the copy of the secret in Redis, after the commit.
    func committed(_ plan: Plan?) async {
        guard let plan else { return }
        await copies.store(
            WebhookSecretCopies.Copy(secret: plan.secret, context: plan.context.description), tenant: plan.tenant)
    }

    /// - Parameters:
    ///   - kind: What the orchestrator shall do.
    ///   - tenantJSON: The tenant as it was before, with contacts and address.
    ///   - subscription: The subscription that it is provisioned for; for a removal or a move at least the tier, or nil if the
    ///     orchestrator knows by which tier it has provisioned the tenant.
    ///   - members: More members of the event.
    /// - Throws: ``ProvisioningError/planTooLarge(limit:)``.
    func plan(
        _ kind: ProvisioningKind = .provision, tenant: Identifier, tenantJSON: [UInt8],
        subscription: ProvisioningSubscription?, members: JSONObject = [:], in write: WriteContext
    ) throws -> Plan {
        let now = write.now
        let context = Identifier.v4()
        let secret = secrets.secret(tenant: tenant, context: context)
        let insertion = ProvisioningRepository.insert(
            context, kind: kind, tenant: tenant, subscription: subscription?.id, tier: subscription?.tier, now: now,
            expires: now.adding(timeout))
        var writer = JSONWriter(reservingCapacity: 2048)
        writer.beginObject()
        writer.key("type")
        writer.string(kind.eventType)
        writer.key("tenant")
        writer.raw(tenantJSON)
        if let subscription {
            writer.key("subscription")
            writer.raw(subscription.json)
        }
        writer.key("secret")
        writer.string(try sealer.seal(secret, context: context.description))
        writer.key("context")
        writer.identifier(context)
        for (name, value) in members {
            writer.key(name)
            writer.value(value)
        }
        writer.endObject()
        guard writer.bytes.count <= EventEnvelope.maximumDataBytes else {
            throw ProvisioningError.planTooLarge(limit: EventEnvelope.maximumDataBytes)
        }
        let event = try EventEnvelope(
            id: .v7(at: now), type: kind.eventType, tenantID: tenant, occurredAt: now,
            trace: write.trace, data: writer.bytes)
        return Plan(tenant: tenant, context: context, secret: secret, insertion: insertion, event: event)
    }
}
