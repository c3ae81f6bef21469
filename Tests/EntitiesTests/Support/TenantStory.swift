import JSONCoding
import PostgresClient
import Primitives

@testable import Entities

/// A tenant with a lead, four contacts, a resource and a customer; every instance another one.
struct TenantStory {
    let id: Identifier
    let leadID: Identifier
    let tenants: EntityRepository
    let leads: EntityRepository
    let contacts: EntityRepository
    let resources: EntityRepository
    let customers: EntityRepository

    /// The tenant's own user.
    var scope: TenantScope { .tenant(id, actor: Actor(id: "user")) }

    static func newKey() -> String { SecureRandom.hex(bytes: 5) }

    init() async throws {
        tenants = try await EntityDatabase.repository(TestModel.tenant)
        leads = try await EntityDatabase.repository(TestModel.lead)
        contacts = try await EntityDatabase.repository(TestModel.contact)
        resources = try await EntityDatabase.repository(TestModel.resource)
        customers = try await EntityDatabase.repository(TestModel.customer)
        leadID = try await Self.create(leads, ["email": "ann@acme.com", "isValidated": true])
        id = try await Self.create(
            tenants,
            [
                "name": "Acme", "status": 1, "key": .string(Self.newKey()), "domains": ["acme.com", "a.b"],
                "leadId": .identifier(leadID),
            ])
        for name in ["A", "B", "C", "D"] {
            _ = try await Self.create(
                contacts, ["firstName": .string(name), "isPrimary": .bool(name == "A"), "tenantId": .identifier(id)])
        }
        _ = try await Self.create(
            resources,
            [
                "type": "bucket", "metadata": ["n": 1.5, "t": "\u{1}\"\\/ä😀", "z": nil], "externalIdentifier": "x",
                "tenantId": .identifier(id),
            ])
        _ = try await Self.create(customers, ["tenantId": .identifier(id), "customerId": "cus_1"])
    }

    private static func create(_ repository: EntityRepository, _ json: JSONObject) async throws -> Identifier {
        try await repository.create(try FieldValues(repository.entity, json: json), in: .system).id
    }

    func create(_ entity: Entity, _ json: JSONObject, in scope: TenantScope = .system) async throws -> Identifier {
        try await EntityDatabase.repository(entity).create(try FieldValues(entity, json: json), in: scope).id
    }
}
