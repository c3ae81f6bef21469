import JSONCoding
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

/// 12.1: the nine cases of every generic suite; the seven of `/subscriptions`.
@Suite struct CRUDConformanceTests {
    /// An entity's operations with what upstream's tests send.
    struct Entity: Sendable, CustomTestStringConvertible {
        let path: String
        let kind: TestStack.ServiceKind
        let permissions: (create: String, view: String, update: String, delete: String)
        /// What is sent, and comes back as sent.
        let members: JSONObject
        /// Members whose answers have another form, or none.
        let others: JSONObject
        let change: JSONObject
        var replacement: JSONObject?
        var table: String?

        var testDescription: String { path }
        var isSubscription: Bool { path == "/subscriptions" }
    }

    static let entities: [Entity] = [
        Entity(
            path: "/contacts", kind: .tenantManagement, permissions: ("10208", "10211", "10209", "10210"),
            members: ["firstName": "test", "lastName": "contact", "email": "test@contact.com", "isPrimary": true],
            others: [:], change: ["firstName": "changed"]),
        Entity(
            path: "/invoices", kind: .tenantManagement, permissions: ("10212", "10215", "10213", "10214"),
            members: ["amount": 100, "currencyCode": "USD", "status": 0],
            others: ["startDate": "2024-01-01", "endDate": "2024-01-31", "dueDate": "2024-02-15"],
            change: ["amount": 200]),
        Entity(
            path: "/plans", kind: .subscription, permissions: ("7005", "7008", "7006", "7007"),
            members: ["name": "test-plan", "description": "test", "tier": "STANDARD", "price": 100, "metaData": [:]],
            others: [:], change: ["name": "changed"]),
        Entity(
            path: "/resources", kind: .subscription, permissions: ("7013", "7016", "7014", "7015"),
            members: ["name": "test-resource", "config": ["a": 1]], others: [:], change: ["name": "changed"]),
        Entity(
            path: "/services", kind: .subscription, permissions: ("7017", "7020", "7018", "7019"),
            members: ["name": "test-service"], others: [:], change: ["name": "changed"]),
        Entity(
            path: "/tenants", kind: .tenantManagement, permissions: ("10204", "10207", "10205", "10206"),
            members: ["name": "test-name", "key": "testkey", "domains": ["contact.com"]],
            others: ["contact": Conformance.onboarding["contact"] ?? .null, "country": "India"],
            change: ["name": "changed"],
            replacement: ["name": "replaced", "key": "other", "domains": ["other.com"], "status": 5]),
        Entity(
            path: "/subscriptions", kind: .subscription, permissions: ("7001", "7004", "7002", "7003"),
            members: ["status": 0], others: [:], change: ["status": 1]),
    ]

    @Test(arguments: entities) func `every entity passes the original's cases`(_ entity: Entity) async throws {
        try await Conformance.run(rows(entity), [entity.kind])
    }

    /// What a body needs besides the entity's own members.
    private func references(_ entity: Entity, _ world: Conformance) async throws -> JSONObject {
        switch entity.path {
        case "/contacts", "/invoices": return ["tenantId": .string(try await tenantWithoutContacts(world))]
        case "/plans": return try await planReferences(world)
        case "/subscriptions":
            var plan: JSONObject = ["name": "test-plan", "tier": "STANDARD", "price": 100]
            for (name, value) in try await planReferences(world) { plan[name] = value }
            let id = try await world.stack.subscription.post(
                "/plans", .object(plan), token: try await Conformance.token()
            ).expect(201).string("id")
            return ["planId": .string(id), "subscriberId": .identifier(.v4())]
        default: return [:]
        }
    }

    private func tenantWithoutContacts(_ world: Conformance) async throws -> String {
        let tenant = try await world.insertTenant()
        try await world.stack.database(.tenantManagement).query("DELETE FROM main.contacts")
        return tenant
    }

    private func planReferences(_ world: Conformance) async throws -> JSONObject {
        let database = try world.stack.database(.subscription)
        let currency = try await database.texts("SELECT id::text FROM main.currencies WHERE currency_code = 'USD'")
        let cycle = try await database.texts("SELECT id::text FROM main.billing_cycles WHERE cycle_name = 'MONTHLY'")
        return ["currencyId": .string(currency[0]), "billingCycleId": .string(cycle[0])]
    }

    private func body(_ entity: Entity, _ world: Conformance) async throws -> JSONObject {
        var body = entity.members
        for (name, value) in entity.others { body[name] = value }
        for (name, value) in try await references(entity, world) { body[name] = value }
        return body
    }

    /// The one row that most cases are given.
    private func seed(_ entity: Entity, _ world: Conformance) async throws -> (id: String, body: JSONObject) {
        let body = try await body(entity, world)
        let answer = try await world.stack.client(entity.kind).post(
            entity.path, .object(body), token: try await Conformance.token()
        ).expect(201)
        return (try answer.string("id"), body)
    }

    private func show(_ entity: Entity, _ id: String, _ world: Conformance) async throws -> JSONValue {
        try await world.stack.client(entity.kind).get("\(entity.path)/\(id)", token: try await Conformance.token())
            .expect(200).json
    }

    private func rows(_ entity: Entity) -> [Conformance.Row] {
        let path = entity.path
        @Sendable func token(_ permission: String) async throws -> String { try await Conformance.token([permission]) }
        @Sendable func client(_ world: Conformance) -> TestHTTPClient { world.stack.client(entity.kind) }

        // Compatibility "creates": 201 with `Location` instead of 200.
        let create = Conformance.Row("12.1 #1 POST \(path)") { world in
            let sent = try await body(entity, world)
            let answer = try await client(world).post(
                path, .object(sent), token: try await token(entity.permissions.create)
            ).expect(201)
            let id = try answer.string("id")
            try require(answer.headers["location"] == "\(path)/\(id)", "Location is \(answer.headers)")
            try answer.json.require(entity.members)
        }
        let replace = Conformance.Row("12.1 #6 PUT \(path)/{id}") { world in
            let (id, body) = try await seed(entity, world)
            var replacement = entity.replacement ?? body
            if entity.replacement == nil { for (name, value) in entity.change { replacement[name] = value } }
            try await client(world).put(
                "\(path)/\(id)", .object(replacement), token: try await token(entity.permissions.update)
            ).expect(204)
            try await show(entity, id, world).require(entity.replacement ?? entity.change)
        }
        let others: [Conformance.Row] = [
            .init("12.1 #2 GET \(path)") { world in
                let (id, _) = try await seed(entity, world)
                let list = try await client(world).get(path, token: try await token(entity.permissions.view))
                    .expect(200)
                try require(list.json.arrayValue?.count == 1 && list.json[0]?["id"]?.stringValue == id, list.text)
            },
            .init("12.1 #3 GET \(path) with another permission") { world in
                _ = try await seed(entity, world)
                let answer = try await client(world).get(path, token: try await token(entity.permissions.create))
                    .expect(403)
                try require(answer.message == "NotAllowedAccess", answer.text)
            },
            .init("12.1 #4 GET \(path)/{id}") { world in
                let (id, _) = try await seed(entity, world)
                let answer = try await client(world).get(
                    "\(path)/\(id)", token: try await token(entity.permissions.view)
                ).expect(200)
                try answer.json.require(entity.members)
                try require(answer.json["id"]?.stringValue == id, answer.text)
            },
            .init("12.1 #5 GET \(path)/count") { world in
                _ = try await seed(entity, world)
                let answer = try await client(world).get(
                    "\(path)/count", token: try await token(entity.permissions.view)
                ).expect(200)
                try require(answer.json == ["count": 1], answer.text)
            },
            .init("12.1 #7 PATCH \(path)/{id}") { world in
                let (id, _) = try await seed(entity, world)
                try await client(world).patch(
                    "\(path)/\(id)", .object(entity.change), token: try await token(entity.permissions.update)
                ).expect(204)
                try await show(entity, id, world).require(entity.change)
            },
            // Compatibility "bulk PATCH": 400 without `where`, `where={}` for all rows.
            .init("12.1 #8 PATCH \(path)") { world in
                let (id, _) = try await seed(entity, world)
                let update = try await token(entity.permissions.update)
                try await client(world).patch(path, .object(entity.change), token: update).expect(400)
                let all: JSONValue = [:]
                let answer = try await client(world).patch(
                    "\(path)?\(all.parameter("where"))", .object(entity.change), token: update
                ).expect(200)
                try require(answer.json == ["count": 1], answer.text)
                try await show(entity, id, world).require(entity.change)
            },
            .init("12.1 #9 DELETE \(path)/{id}") { world in
                let (id, _) = try await seed(entity, world)
                try await client(world).delete("\(path)/\(id)", token: try await token(entity.permissions.delete))
                    .expect(204)
                let gone = try await client(world).get("\(path)/\(id)", token: try await Conformance.token())
                    .expect(404)
                try require(gone.message == "EntityNotFound", gone.text)
            },
        ]
        return entity.isSubscription ? others : [create, replace] + others
    }
}
