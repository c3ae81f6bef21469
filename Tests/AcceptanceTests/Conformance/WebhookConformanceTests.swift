import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import RedisClient
import StackTestSupport
import Testing

/// 12.6: the signed callback, of a tenant in PROVISIONING whose secret and context were seeded in the cache.
@Suite struct WebhookConformanceTests {
    @Test func `webhooks pass the original's cases`() async throws {
        try await Conformance.run(Self.refused + Self.accepted, [.tenantManagement])
    }

    private static func begin(_ world: Conformance, status: Int = 2) async throws -> TestWebhook {
        let tenant = try await world.insertTenant(status: status)
        let hook = TestWebhook(
            stack: world.stack, tenant: tenant, secret: "test-secret", context: Identifier.v4().description)
        // A copy of a secret counts while its provisioning is the tenant's latest.
        try await world.stack.database(.tenantManagement).query(
            """
            INSERT INTO main.provisionings (id, tenant_id, requested_on, expires_on)
            VALUES ($1::uuid, $2::uuid, now(), now())
            """, [.text(hook.context), .text(tenant)])
        let redis = try TestRedis(world.stack.servers)
        _ = try await redis.client.set(
            "webhook-secret:\(tenant)", Array("\(hook.secret):\(hook.context)".utf8), expire: .seconds(60))
        await redis.client.shutdown()
        return hook
    }

    private static func requireTenant(_ world: Conformance, status: Int, resources: [String]) async throws {
        let database = try world.stack.database(.tenantManagement)
        let statuses = try await database.texts("SELECT status::text FROM main.tenants")
        let types = try await database.texts("SELECT type FROM main.resources ORDER BY 1")
        try require(statuses == ["\(status)"] && types == resources, "status \(statuses), resources \(types)")
    }

    /// A row whose callback is refused without effect.
    private static func refused(
        _ name: String, _ status: Int = 401, _ send: @escaping @Sendable (TestWebhook) async throws -> TestResponse
    ) -> Conformance.Row {
        .init("12.6 \(name)") { world in
            try await send(begin(world)).expect(status)
            try await requireTenant(world, status: 2, resources: [])
        }
    }

    private static func stranger(_ hook: TestWebhook) -> TestWebhook {
        TestWebhook(stack: hook.stack, tenant: Identifier.v4().description, secret: hook.secret, context: hook.context)
    }

    private static let refused: [Conformance.Row] = [
        refused("timestamp beyond the tolerance") { hook in
            try await hook.send(timestamp: TestWebhook.now(-20_001))
        },
        refused("last 4 characters of the signature replaced") { hook in
            let now = TestWebhook.now()
            let signature = hook.signature(hook.body().serialized(), timestamp: now)
            return try await hook.send(timestamp: now, signature: signature.dropLast(4) + "abcd")
        },
        refused("timestamp header 'what'") { hook in
            let signature = hook.signature(hook.body().serialized(), timestamp: TestWebhook.now())
            return try await hook.send(timestamp: "what", signature: signature)
        },
        refused("signature header empty") { hook in try await hook.send(signature: "") },
        refused("unknown initiator, signature empty") { hook in try await stranger(hook).send(signature: "") },
        refused("type: 2, correctly signed", 422) { hook in
            try await hook.send(hook.body().replacing(["type"], with: 2))
        },
        refused("initiatorId of a tenant that does not exist") { hook in try await stranger(hook).send() },
        .init("12.6 tenant INACTIVE") { world in
            let hook = try await begin(world, status: 5)
            try await stranger(hook).send().expect(401)
            try await hook.send().expect(401)
            try await requireTenant(world, status: 5, resources: [])
        },
    ]

    private static let accepted: [Conformance.Row] = [
        // The original calls a function of its host; arc publishes an event.
        .init("12.6 valid: the outcome is published once") { world in
            let hook = try await begin(world)
            try await hook.send().expect(204)
            let published = try await world.stack.database(.tenantManagement).count(
                """
                SELECT count(*) FROM main.outbox
                WHERE type = 'TENANT_PROVISIONING_SUCCESS' AND tenant_id = $1::uuid
                """, [.text(hook.tenant)])
            try require(published == 1, "published \(published) times")
        },
        .init("12.6 valid: 204 without a body, and no error is logged") { world in
            let hook = try await begin(world)
            let before = world.log.lines.count
            let answer = try await hook.send().expect(204)
            try require(answer.bytes.isEmpty, answer.text)
            let errors = world.log.lines.dropFirst(before)
            try require(errors.isEmpty, "logged \(errors)")
        },
        .init("12.6 valid: tenant ACTIVE, one notification, one resource of type bucket") { world in
            let hook = try await begin(world)
            let before = try await hook.welcomes()
            try await hook.send().expect(204)
            try await requireTenant(world, status: 0, resources: ["bucket"])
            // To the contact, by its first name, with the tenant's name and the link.
            let texts = ["To: test@contact.com", "Hello test,", "test-name", "https://t.example.com"]
            try await eventually("the mail") {
                world.stack.mails.mails().contains { mail in texts.allSatisfy { mail.contains($0) } }
            }
            try await eventually("nothing is queued any more") {
                try await hook.welcomes() == before + 1
            }
        },
        .init("12.6 valid, contact removed: tenant ACTIVE, no notification") { world in
            let hook = try await begin(world)
            let before = try await hook.welcomes()
            try await world.stack.database(.tenantManagement).query("DELETE FROM main.contacts")
            try await hook.send().expect(204)
            try await requireTenant(world, status: 0, resources: ["bucket"])
            let after = try await hook.welcomes()
            try require(after == before, "\(after - before) notifications")
        },
    ]
}
