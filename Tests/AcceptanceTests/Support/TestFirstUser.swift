import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport

/// A pipeline that asks for a tenant's first user (docs/contract/arc-api.md 5.8).
struct TestFirstUser: Sendable {
    let hook: TestWebhook
    let key: String

    /// A tenant that is being provisioned.
    static func begin(_ stack: TestStack, key: String = TestStack.uniqueKey()) async throws -> TestFirstUser {
        let tenant = try await stack.createTenantID(key: key)
        return TestFirstUser(hook: try await TestWebhook.of(tenant, stack), key: key)
    }

    var email: String { "ann@\(key).example.com" }

    func body(_ provider: String, tier: String = "PREMIUM", email: String? = nil) -> JSONValue {
        [
            "tenant": [
                "id": .string(hook.tenant), "key": .string(key), "name": .string("Tenant \(key)"),
                "identityProvider": .string(provider),
                "contacts": [
                    ["email": .string(email ?? self.email), "firstName": "Ann", "lastName": "Lee", "isPrimary": true]
                ],
            ],
            "plan": ["tier": .string(tier)],
        ]
    }

    /// A tenant that was provisioned, whose first user was set up at a provider.
    static func provisioned(
        _ stack: TestStack, _ provider: String, tier: String, email: String? = nil, auth0: JSONValue? = nil
    ) async throws -> (user: TestFirstUser, id: String) {
        let user = try await begin(stack)
        if let auth0 { try await user.configureAuth0(auth0) }
        let id = try await user.send(user.body(provider, tier: tier, email: email)).expect(200).string("authId")
        try await user.hook.send().expect(204)
        return (user, id)
    }

    /// Suspends or reactivates the tenant for `billing`.
    func change(_ action: String) async throws {
        try await hook.stack.tenantManagement.post(
            "/tenants/\(hook.tenant)/\(action)", ["reason": "billing"], token: hook.stack.admin
        ).expect(200)
    }

    /// Has the tenant's resources removed.
    func offboard() async throws {
        try await hook.stack.tenantManagement.post(
            "/tenants/\(hook.tenant)/deprovision", ["reason": "Over", "graceDays": 0], token: hook.stack.admin
        ).expect(202)
        let removal = try await TestRemoval.begun(hook.tenant, hook.stack)
        try await TestRemoval.report(removal).expect(204)
    }

    /// Sends a signed call.
    func send(_ body: JSONValue) async throws -> TestResponse {
        let bytes = body.serialized()
        let now = TestWebhook.now()
        return try await send(bytes, timestamp: now, signature: hook.signatureWithoutContext(bytes, timestamp: now))
    }

    /// Sends any bytes with any headers.
    func send(_ bytes: [UInt8], timestamp: String?, signature: String?) async throws -> TestResponse {
        var headers: [String: String] = [:]
        headers["x-timestamp"] = timestamp
        headers["x-signature"] = signature
        return try await hook.stack.tenantManagement.send("POST", "/manage/users", bytes: bytes, headers: headers)
    }

    /// The values of a setting of the tenant.
    func configs(_ key: String) async throws -> [JSONValue] {
        try await hook.stack.database(.tenantManagement).texts(
            "SELECT config_value::text FROM main.tenant_mgmt_configs WHERE tenant_id = $1::uuid AND config_key = $2",
            [.text(hook.tenant), .text(key)]
        ).map { try JSONValue.parse(Array($0.utf8)) }
    }

    /// Stores the tenant's setting `auth0`.
    func configureAuth0(_ value: JSONValue) async throws {
        try await hook.stack.tenantManagement.post(
            "/tenant-configs",
            ["configKey": "auth0", "configValue": value, "tenantId": .string(hook.tenant)], token: hook.stack.admin
        ).expect(201)
    }
}
