import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import RedisClient
import StackTestSupport
import Testing

/// 12.5: what tenants have besides the nine cases of 12.1.
@Suite struct TenantConformanceTests {
    @Test func `tenants pass the original's cases`() async throws {
        try await Conformance.run(Self.rows, [.tenantManagement])
    }

    private static func provision(_ world: Conformance, _ body: JSONValue) async throws -> (String, TestResponse) {
        let tenant = try await world.insertTenant()
        let answer = try await world.stack.tenantManagement.post(
            "/tenants/\(tenant)/provision", body, token: try await Conformance.token(["10216"]))
        return (tenant, answer)
    }

    /// Compatibility "`POST /tenants/{id}/provision`": everything is checked before the status is set.
    private static func requireUntouched(_ world: Conformance) async throws {
        let statuses = try await world.stack.database(.tenantManagement).texts(
            "SELECT status::text FROM main.tenants")
        try require(statuses == ["1"], "the status is \(statuses)")
    }

    private static let rows: [Conformance.Row] = [
        // Compatibility "creates": 201. By PROVISION_ON_CREATE=false the tenant waits, as the original's does.
        .init("12.5 POST /tenants with the onboarding DTO") { world in
            var body = Conformance.onboarding
            body["name"] = "test2"
            let answer = try await world.stack.tenantManagement.post(
                "/tenants", .object(body), token: try await Conformance.token(["10204"])
            ).expect(201)
            try answer.json.require(["name": "test2", "status": 1])
            let contacts = try await world.stack.database(.tenantManagement).count(
                "SELECT count(*) FROM main.contacts WHERE tenant_id = $1::uuid", [.text(try answer.string("id"))])
            try require(contacts == 1, "\(contacts) contacts")
        },
        // Compatibility "webhook secret": Redis holds a copy of it under the tenant's id.
        .init("12.5 POST /tenants/{id}/provision") { world in
            let (tenant, answer) = try await provision(world, ["id": "1", "plan": ["tier": "Standard"]])
            try answer.expect(204)
            let redis = try TestRedis(world.stack.servers)
            let copy = try await redis.client.get("webhook-secret:\(tenant)")
            await redis.client.shutdown()
            let parts = String(decoding: copy ?? [], as: UTF8.self).split(separator: ":").map(String.init)
            try require(parts.count == 2 && !parts[0].isEmpty && Identifier(parts[1]) != nil, "\(parts.count) parts")
            let statuses = try await world.stack.database(.tenantManagement).texts(
                "SELECT status::text FROM main.tenants")
            try require(statuses == ["2"], "\(statuses)")
        },
        .init("12.5 POST /tenants/{id}/provision with {}") { world in
            let (_, answer) = try await provision(world, [:])
            try answer.expect(400)
            try require(answer.message == "Subscription ID is required", answer.text)
            try await requireUntouched(world)
        },
        // Compatibility "… without `plan.tier`": 400 instead of 500.
        .init("12.5 POST /tenants/{id}/provision without plan") { world in
            let (_, answer) = try await provision(world, ["id": "1"])
            try answer.expect(400)
            try await requireUntouched(world)
        },
        .init("12.5 POST /tenants/{id}/provision without tier") { world in
            let (_, answer) = try await provision(world, ["id": "1", "plan": ["metaData": [:]]])
            try answer.expect(400)
            try await requireUntouched(world)
        },
    ]
}
