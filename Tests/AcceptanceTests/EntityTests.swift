import JSONCoding
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

/// What every entity's operations do (docs/contract/arc-api.md 4.3, 5.0, 12.1), shown on contacts; and tenants with
/// their cache.
@Suite struct EntityTests {
    private func contact(_ tenant: String, _ name: String = "Ann") -> JSONValue {
        [
            "firstName": .string(name), "lastName": "Lee", "email": "ann@acme.com", "isPrimary": true, "type": "admin",
            "tenantId": .string(tenant),
        ]
    }

    @Test func `an entity has the eight operations`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let user = Identifier.v4().description
            let token = try await stack.tokens.operatorToken(["10208", "10209", "10210", "10211"], user: user)
            let tenant = try await stack.createTenantID()
            let created = try await client.post("/contacts", contact(tenant, "Bo"), token: token).expect(201)
            let id = try created.string("id")
            #expect(created.headers["location"] == "/contacts/\(id)")
            #expect(created.json["createdBy"]?.stringValue == user)
            let filter: JSONValue = ["where": ["firstName": "Bo"]]
            #expect(
                try await client.get("/contacts?\(filter.parameter())", token: token).expect(200).json.arrayValue?.count
                    == 1)
            #expect(try await client.get("/contacts/count", token: token).expect(200).json["count"] == 2)

            try await client.patch("/contacts/\(id)", ["lastName": "Ek"], token: token).expect(204)
            var read = try await client.get("/contacts/\(id)", token: token).expect(200).json
            #expect(read["lastName"] == "Ek" && read["type"] == "admin" && read["firstName"] == "Bo")

            var replacement = contact(tenant, "Cy")
            replacement.remove("type")
            try await client.put("/contacts/\(id)", replacement, token: token).expect(204)
            read = try await client.get("/contacts/\(id)", token: token).expect(200).json
            #expect(
                read["firstName"] == "Cy" && read["lastName"] == "Lee" && read["type"] == .null,
                "what was left out is null")
            #expect(read["createdBy"]?.stringValue == user, "who created it stays known")

            let condition: JSONValue = ["firstName": "Cy"]
            let bulk = try await client.patch(
                "/contacts?\(condition.parameter("where"))", ["lastName": "X"], token: token
            ).expect(200)
            #expect(bulk.json["count"] == 1)
            try await client.patch("/contacts", ["lastName": "X"], token: token).expect(400)
            let unknown: JSONValue = ["frstName": "Cy"]
            try await client.patch("/contacts?\(unknown.parameter("where"))", ["lastName": "X"], token: token).expect(
                400)

            try await client.delete("/contacts/\(id)", token: token).expect(204)
            try await client.get("/contacts/\(id)", token: token).expect(404)
            let again = try await client.delete("/contacts/\(id)", token: token).expect(404)
            #expect(again.errorCode == "ENTITY_NOT_FOUND")
            try await client.patch("/contacts/\(id)", ["lastName": "Y"], token: token).expect(404)
            #expect(try await client.get("/contacts/count", token: token).expect(200).json["count"] == 1)
            let deleted = try await stack.database(.tenantManagement).texts(
                "SELECT deleted_by::text FROM main.contacts WHERE deleted AND deleted_on IS NOT NULL")
            #expect(deleted == [user])
        }
    }

    @Test func `clients cannot set fields that the server determines`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let tenant = try await stack.createTenantID()
            var body = contact(tenant)
            let lie = Identifier.v4().description
            for (name, value) in [
                ("createdBy", lie), ("modifiedBy", lie), ("createdOn", "2001-01-01T00:00:00.000Z"), ("deletedBy", lie),
            ] {
                body = body.replacing([name], with: .string(value))
            }
            body = body.replacing(["deleted"], with: true)
            let id = try await client.post("/contacts", body, token: stack.admin).expect(201).string("id")
            let read = try await client.get("/contacts/\(id)", token: stack.admin).expect(200).json
            #expect(read["createdBy"]?.stringValue != lie && read["deleted"] == false)
            #expect(read["createdOn"]?.stringValue?.hasPrefix("2001") == false)
            let moved = try await client.put(
                "/contacts/\(id)", contact(tenant).replacing(["id"], with: .string(lie)), token: stack.admin)
            #expect(moved.status == 400 && moved.message == "id property (id) cannot be updated from \(id) to \(lie)")
            let orphan = try await client.post("/contacts", contact(lie), token: stack.admin)
            #expect(orphan.status == 404 && orphan.message.hasPrefix("Related entity not found !"))
        }
    }

    @Test func `no concurrent change of a row is lost`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let id = try await stack.createTenantID()
            let statuses = await concurrently(40, width: 10) { index in
                try? await stack.tenantManagement.patch(
                    "/tenants/\(id)", ["name": .string("Name \(index)")], token: stack.admin
                ).status
            }
            #expect(statuses.allSatisfy { $0 == 204 })
            let database = try stack.database(.tenantManagement)
            #expect(try await database.count("SELECT row_version FROM main.tenants") == 41)
            let name = try await database.texts("SELECT name FROM main.tenants")[0]
            let read = try await stack.tenantManagement.get("/tenants/\(id)", token: stack.admin).expect(200)
            #expect(read.json["name"]?.stringValue == name, "the cache holds the last one")
        }
    }

    @Test func `a node reads its own writes and other nodes follow`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let other = try await stack.startNode(.tenantManagement).client
            let client = stack.tenantManagement
            let id = try await stack.createTenantID()
            for turn in 0..<30 {
                let writer = turn % 2 == 0 ? client : other
                let reader = turn % 2 == 0 ? other : client
                let name = "Name \(turn)"
                try await writer.patch("/tenants/\(id)", ["name": .string(name)], token: stack.admin).expect(204)
                let read = try await writer.get("/tenants/\(id)", token: stack.admin).expect(200)
                #expect(read.json["name"]?.stringValue == name)
                try await eventually("the other node knows \(name)") {
                    try await reader.get("/tenants/\(id)", token: stack.admin).expect(200).json["name"]?.stringValue
                        == name
                }
            }
            let condition: JSONValue = ["id": .string(id)]
            try await other.patch("/tenants?\(condition.parameter("where"))", ["name": "Bulk"], token: stack.admin)
                .expect(200)
            try await eventually("the first node knows the bulk change") {
                try await client.get("/tenants/\(id)", token: stack.admin).json["name"] == "Bulk"
            }
            try await client.delete("/tenants/\(id)", token: stack.admin).expect(204)
            try await client.get("/tenants/\(id)", token: stack.admin).expect(404)
            try await eventually("the other node knows that it is gone") {
                try await other.get("/tenants/\(id)", token: stack.admin).status == 404
            }
        }
    }

    @Test func `the cached response equals the one from the database`() async throws {
        try await TestStack.run([.tenantManagement, .subscription]) { stack in
            let id = try await stack.createTenantID()
            let nothing: JSONValue = [:]
            for _ in 0..<3 {
                let cached = try await stack.tenantManagement.get("/tenants/\(id)", token: stack.admin).expect(200)
                let stored = try await stack.tenantManagement.get(
                    "/tenants/\(id)?\(nothing.parameter())", token: stack.admin
                ).expect(200)
                #expect(cached.json == stored.json)
            }
            let plan = try await stack.plan(tier: "PREMIUM")
            let cached = try await stack.subscription.get("/plans/\(plan)", token: stack.admin).expect(200)
            #expect(
                cached.json
                    == (try await stack.subscription.get("/plans/\(plan)?\(nothing.parameter())", token: stack.admin)
                        .json))
        }
    }
}
