import JSONCoding
import StackTestSupport
import Testing

/// `GET /tenant-configs/{id}/tenant` (docs/contract/arc-api.md 5.6).
@Suite struct TenantConfigTests {
    @Test func `the tenant of a setting can be read`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let client = stack.tenantManagement
            let own = try await stack.createTenantID()
            let other = try await stack.createTenantID()
            func config(_ tenant: String) async throws -> String {
                try await client.post(
                    "/tenant-configs", ["configKey": "auth0", "configValue": ["a": 1], "tenantId": .string(tenant)],
                    token: stack.admin
                ).expect(201).string("id")
            }
            let id = try await config(own)
            let viewer = try await stack.tokens.operatorToken(["10221"])
            let answer = try await client.get("/tenant-configs/\(id)/tenant", token: viewer).expect(200)
            #expect(answer.json == (try await client.get("/tenants/\(own)", token: stack.admin).expect(200).json))

            // The entity tag is the tenant's: neither the setting's version nor a change of it matters.
            try await client.patch("/tenants/\(own)", ["name": "Renamed"], token: stack.admin).expect(204)
            let tag = try await client.get("/tenants/\(own)", token: stack.admin).expect(200).headers["etag"]
            #expect(
                try await client.get("/tenant-configs/\(id)/tenant", token: viewer).expect(200).headers["etag"] == tag)
            try await client.patch("/tenants/\(own)", ["name": "Renamed again"], token: stack.admin).expect(204)
            #expect(
                try await client.get("/tenant-configs/\(id)/tenant", token: viewer).expect(200).headers["etag"] != tag)

            let user = try await stack.tokens.userToken(tenant: own)
            #expect(try await client.get("/tenant-configs/\(id)/tenant", token: user).expect(200).string("id") == own)
            let foreign = try await config(other)
            let refused = try await client.get("/tenant-configs/\(foreign)/tenant", token: user).expect(404)
            #expect(refused.message == "EntityNotFound")
            for id in [own, "not-a-uuid", "%00"] {
                try await client.get("/tenant-configs/\(id)/tenant", token: stack.admin).expect(404)
            }
            try await client.get("/tenant-configs/\(id)/tenant", token: try await stack.tokens.operatorToken(["10220"]))
                .expect(403)

            try await client.delete("/tenants/\(other)", token: stack.admin).expect(204)
            try await client.get("/tenant-configs/\(foreign)/tenant", token: stack.admin).expect(404)
            try await client.delete("/tenant-configs/\(id)", token: stack.admin).expect(204)
            try await client.get("/tenant-configs/\(id)/tenant", token: stack.admin).expect(404)
        }
    }
}
