import JSONCoding
import PostgresClient
import PostgresTestSupport
import Sealing
import StackTestSupport
import Testing

/// The secret of a callback never leaves tenant management in clear, unless an orchestrator needs that.
@Suite(.timeLimit(.minutes(20))) struct EventSecretTests {
    @Test(arguments: ["sealed", "clear"])
    func `the bus holds the secret as EVENT_SECRETS says, and the outbox holds it sealed`(mode: String) async throws {
        try await TestStack.run(environment: ["EVENT_SECRETS": mode]) { stack in
            let tenant = try await stack.createTenantID()
            try await stack.subscription.post(
                "/subscriptions",
                [
                    "subscriberId": .string(tenant), "planId": .string(try await stack.plan(tier: "STANDARD")),
                    "status": 1,
                ], token: stack.admin
            ).expect(201)
            try await eventually("the tenant is provisioned") { try await stack.status(ofTenant: tenant) == 0 }

            let outbox = try stack.database(.tenantManagement)
            let sealed = try #require(
                try await outbox.texts(
                    "SELECT data ->> 'secret' FROM main.outbox WHERE type = 'TENANT_PROVISIONING' AND tenant_id = $1::uuid",
                    [.text(tenant)]
                ).first)
            let clear = try EventSecretSealer(secret: TestTokens.secret).open(sealed)
            #expect(sealed.hasPrefix("sealed:") && clear.utf8.count == 32)
            let everything = { (table: String) in
                "SELECT count(*) FROM main.\(table) AS stored WHERE stored::text LIKE '%\(clear)%'"
            }
            #expect(try await outbox.count(everything("outbox")) == 0)
            #expect(try await outbox.count(everything("event_log")) == 0)
            let bus = try stack.database(.messageBus)
            #expect(try await bus.count(everything("messages")) == (mode == "clear" ? 1 : 0))
            #expect(try await bus.count("SELECT count(*) FROM main.messages WHERE type = 'TENANT_PROVISIONING'") == 1)
        }
    }
}
