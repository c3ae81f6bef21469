import Crypto
import Foundation
import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import Sealing
import StackTestSupport
import TestSupport

/// The orchestrator's side of an export: knows the secret from the event, and signs what it sends.
struct TestDataExport: Sendable {
    let export: String
    private let hook: TestWebhook

    /// What the orchestrator was asked for a tenant, the newest request.
    static func begun(_ tenant: String, _ stack: TestStack) async throws -> TestDataExport {
        let events = try await stack.database(.tenantManagement).texts(
            """
            SELECT data::text FROM main.outbox WHERE type = 'TENANT_DATA_EXPORT_REQUESTED' AND tenant_id = $1::uuid
            ORDER BY position DESC
            """, [.text(tenant)])
        guard let event = events.first, let data = try? JSONValue.parse(Array(event.utf8)),
            let sealed = data["secret"]?.stringValue, let context = data["context"]?.stringValue
        else { throw TestFailure("no TENANT_DATA_EXPORT_REQUESTED event of \(tenant)") }
        let secret = try EventSecretSealer(secret: TestTokens.secret).open(sealed)
        return TestDataExport(
            export: context, hook: TestWebhook(stack: stack, tenant: tenant, secret: secret, context: context))
    }

    /// Sends a message.
    func send(_ body: JSONValue, timestamp: String = TestWebhook.now(), signature: String? = nil) async throws
        -> TestResponse
    {
        let bytes = body.serialized()
        return try await hook.stack.tenantManagement.send(
            "POST", "/tenant-exports/\(export)/data", bytes: bytes,
            headers: [
                "content-type": "application/json", "x-timestamp": timestamp,
                "x-signature": signature ?? hook.signature(bytes, timestamp: timestamp),
            ])
    }

    /// As the orchestrator signs a body.
    func signature(_ body: [UInt8], timestamp: String) -> String { hook.signature(body, timestamp: timestamp) }

    func part(_ position: Int, _ text: String, attempt: Int = 1) async throws -> TestResponse {
        try await send([
            "type": "PART", "attempt": .integer(attempt), "position": .integer(position),
            "content": .string(Data(text.utf8).base64EncodedString()),
        ])
    }

    func end(parts: Int, of text: String, attempt: Int = 1, kind: String = "exec") async throws -> TestResponse {
        try await send([
            "type": "END", "attempt": .integer(attempt), "parts": .integer(parts), "size": .integer(text.utf8.count),
            "sha256": .string(Hex.encode(Array(SHA256.hash(data: Data(text.utf8))))), "kind": .string(kind),
            "tier": "CUSTOM",
        ])
    }

    func none(_ reason: String = "There is nothing") async throws -> TestResponse {
        try await send(["type": "NONE", "reason": .string(reason)])
    }
}
