import JSONCoding
import PostgresClient
import PostgresTestSupport
import Sealing
import StackTestSupport
import TestSupport

/// The orchestrator's side of a removal: knows secret and context from the event, and signs its report.
enum TestRemoval {
    /// What the orchestrator was asked for a tenant, the newest request.
    static func begun(_ tenant: String, _ stack: TestStack) async throws -> TestWebhook {
        let events = try await eventually("the orchestrator is asked") {
            let events = try await stack.database(.tenantManagement).texts(
                """
                SELECT data::text FROM main.outbox WHERE type = 'TENANT_DEPROVISIONING' AND tenant_id = $1::uuid
                ORDER BY position DESC
                """, [.text(tenant)])
            return events.isEmpty ? nil : events
        }
        let data = try JSONValue.parse(Array(events[0].utf8))
        guard let sealed = data["secret"]?.stringValue, let context = data["context"]?.stringValue else {
            throw TestFailure("the event has no secret and context")
        }
        let secret = try EventSecretSealer(secret: TestTokens.secret).open(sealed)
        return TestWebhook(stack: stack, tenant: tenant, secret: secret, context: context)
    }

    /// Reports how a removal ended.
    static func report(_ hook: TestWebhook, status: Int = 1) async throws -> TestResponse {
        try await hook.send(
            ["initiatorId": .string(hook.tenant), "type": 1, "data": ["status": .integer(status)]])
    }
}
