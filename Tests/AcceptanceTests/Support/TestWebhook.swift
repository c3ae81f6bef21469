import Crypto
import Foundation
import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import Sealing
import StackTestSupport

/// The pipeline's side of a provisioning: knows secret and context from the event, and signs callbacks
/// (docs/contract/arc-api.md 9.4).
struct TestWebhook: Sendable {
    let stack: TestStack
    let tenant: String
    let secret: String
    let context: String

    /// A tenant that is being provisioned, with what its pipeline was given.
    static func begin(_ stack: TestStack) async throws -> TestWebhook {
        try await of(try await stack.createTenantID(), stack)
    }

    /// What the pipeline of the newest provisioning of a tenant was given.
    static func of(_ tenant: String, _ stack: TestStack) async throws -> TestWebhook {
        let events = try await stack.database(.tenantManagement).texts(
            """
            SELECT data::text FROM main.outbox WHERE type = 'TENANT_PROVISIONING' AND tenant_id = $1::uuid
            ORDER BY occurred_at DESC
            """, [.text(tenant)])
        guard let event = events.first, let data = try? JSONValue.parse(Array(event.utf8)),
            let sealed = data["secret"]?.stringValue, let context = data["context"]?.stringValue
        else { throw TestFailure("no TENANT_PROVISIONING event of \(tenant)") }
        let secret = try EventSecretSealer(secret: TestTokens.secret).open(sealed)
        return TestWebhook(stack: stack, tenant: tenant, secret: secret, context: context)
    }

    /// A callback's body.
    func body(status: Int = 1, resources: JSONValue = [["type": "bucket", "metadata": ["bucket": "b", "path": "p"]]])
        -> JSONValue
    {
        [
            "initiatorId": .string(tenant), "type": 0,
            "data": ["status": .integer(status), "resources": resources, "appPlaneUrl": "https://t.example.com"],
        ]
    }

    /// HMAC-SHA256 in hexadecimal, written down here once more so that the service is not its own judge.
    func signature(_ body: [UInt8], timestamp: String) -> String {
        let text = body + Array((context + timestamp).utf8)
        let code = HMAC<SHA256>.authenticationCode(for: text, using: SymmetricKey(data: Data(secret.utf8)))
        return code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// The signature of `/manage/users`, which leaves the context out.
    func signatureWithoutContext(_ body: [UInt8], timestamp: String) -> String {
        TestWebhook(stack: stack, tenant: tenant, secret: secret, context: "").signature(body, timestamp: timestamp)
    }

    static func now(_ offset: Int64 = 0) -> String { String(SystemClock().now().microseconds / 1000 + offset) }

    /// Sends a signed callback.
    func send(_ body: JSONValue? = nil, timestamp: String = now(), signature: String? = nil) async throws
        -> TestResponse
    {
        let bytes = (body ?? self.body()).serialized()
        return try await send(
            bytes, timestamp: timestamp, signature: signature ?? self.signature(bytes, timestamp: timestamp))
    }

    /// Sends any bytes with any headers.
    func send(_ bytes: [UInt8], timestamp: String?, signature: String?) async throws -> TestResponse {
        var headers: [String: String] = [:]
        headers["x-timestamp"] = timestamp
        headers["x-signature"] = signature
        return try await stack.tenantManagement.send("POST", "/webhook", bytes: bytes, headers: headers)
    }

    func status() async throws -> Int? { try await stack.status(ofTenant: tenant) }

    /// Type and external identifier of every stored resource, sorted.
    func resources() async throws -> [String] {
        try await stack.database(.tenantManagement).texts(
            "SELECT type || ' ' || external_identifier FROM main.resources WHERE tenant_id = $1::uuid ORDER BY 1",
            [.text(tenant)])
    }

    /// Welcome mails that were queued or sent.
    func welcomes() async throws -> Int {
        let queued = try await stack.database(.tenantManagement).count(
            "SELECT count(*) FROM main.notifications WHERE type = 'tenant_welcome'")
        return queued + stack.mails.mails().count { $0.contains("is ready") }
    }
}
