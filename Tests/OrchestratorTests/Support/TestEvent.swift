import JSONCoding
import MessageBus
import Primitives
import Sealing

@testable import Orchestrator

/// An event as tenant management publishes it (docs/contract/arc-api.md 9.3).
struct TestEvent {
    var kind = WorkflowKind.provision
    var id = Identifier.v4()
    var tenant = Identifier.v4()
    var key: String
    var tier: String? = "BASIC"
    /// `sizeConfig.region` of the plan.
    var region: String?
    var secret = SecureRandom.hex(bytes: 16)
    var context = Identifier.v4().description
    var sealsSecret = true

    init(key: String) { self.key = key }

    var secrets: EventSecretSealer { EventSecretSealer(secret: TestWorld.encryptionKey) }

    var json: JSONValue {
        get throws {
            var plan: JSONObject = ["name": "Plan", "size": "S"]
            if let tier { plan["tier"] = .string(tier) }
            if let region { plan["sizeConfig"] = ["region": .string(region)] }
            return [
                "type": .string(kind.eventType),
                "tenant": [
                    "id": .identifier(tenant), "name": "Acme", "status": 1, "key": .string(key),
                    "contacts": [["email": "jane@example.com", "isPrimary": true]],
                ],
                "subscription": ["subscriberId": .identifier(tenant), "plan": .object(plan)],
                "secret": .string(sealsSecret ? try secrets.seal(secret, context: context) : secret),
                "context": .string(context),
            ]
        }
    }

    func envelope() throws -> EventEnvelope {
        try EventEnvelope(
            id: id, type: kind.eventType, tenantID: tenant, occurredAt: Timestamp(seconds: 1_800_000_000),
            trace: TraceContext("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), data: try json.serialized())
    }

    /// The next request for the same tenant.
    func next(_ kind: WorkflowKind) -> TestEvent {
        var next = self
        next.kind = kind
        next.id = .v4()
        next.context = Identifier.v4().description
        return next
    }

    func event() throws -> ProvisioningEvent { try ProvisioningEvent(try envelope(), secrets: secrets) }

    func delivery() throws -> EventDelivery {
        EventDelivery(event: try envelope(), group: ProvisioningConsumer.group, attempt: 1)
    }
}
