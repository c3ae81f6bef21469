import HTTPTypes
import JSONCoding
import PostgresTestSupport
import StackTestSupport
import TestSupport
import Testing

/// Users at identity providers are disabled, enabled and deleted with their tenant.
@Suite struct IdentityChangeTests {
    private func withKeycloak(_ body: @escaping (FakeKeycloak, TestStack) async throws -> Void) async throws {
        let keycloak = FakeKeycloak()
        try await keycloak.run { url in
            try await TestStack.run([.tenantManagement], environment: FakeKeycloak.environment(url)) { stack in
                try await body(keycloak, stack)
            }
        }
    }

    private static func isEnabled(_ id: String, in realm: String, _ keycloak: FakeKeycloak) -> Bool? {
        keycloak.realms[realm]?.users[id]?["enabled"]?.boolValue
    }

    @Test func `users of a shared realm follow their tenants, and a shared one stays while it is needed`() async throws
    {
        try await withKeycloak { keycloak, stack in
            let (first, alone) = try await TestFirstUser.provisioned(stack, "keycloak", tier: "BASIC")
            let (second, shared) = try await TestFirstUser.provisioned(
                stack, "keycloak", tier: "BASIC", email: "both@shared.example.com")
            let (third, same) = try await TestFirstUser.provisioned(
                stack, "keycloak", tier: "BASIC", email: "both@shared.example.com")
            #expect(shared == same)
            try await first.change("suspend")
            try await eventually("the user is disabled") { Self.isEnabled(alone, in: "basic", keycloak) == false }
            #expect(Self.isEnabled(shared, in: "basic", keycloak) == true)
            try await first.change("reactivate")
            try await eventually("the user is enabled") { Self.isEnabled(alone, in: "basic", keycloak) == true }

            // The shared user is disabled with the last tenant, and enabled with the first.
            try await second.change("suspend")
            try await Self.settled(stack)
            #expect(Self.isEnabled(shared, in: "basic", keycloak) == true)
            try await third.change("suspend")
            try await eventually("the user is disabled") { Self.isEnabled(shared, in: "basic", keycloak) == false }
            try await second.change("reactivate")
            try await eventually("the user is enabled") { Self.isEnabled(shared, in: "basic", keycloak) == true }

            try await third.offboard()
            try await eventually("the client is deleted") { keycloak.realms["basic"]?.clients.count == 2 }
            try await Self.settled(stack)
            #expect(Self.isEnabled(shared, in: "basic", keycloak) == true)
            try await first.offboard()
            try await eventually("the user is deleted") { keycloak.realms["basic"]?.users[alone] == nil }
            try await Self.settled(stack)
            #expect(keycloak.realms["basic"]?.users.keys.map { $0 } == [shared])
        }
    }

    /// Waits until nothing is left to be done.
    private static func settled(_ stack: TestStack) async throws {
        try await eventually("all users were changed") {
            try await stack.database(.tenantManagement).count(
                "SELECT count(*) FROM main.identity_changes WHERE due_at IS NOT NULL") == 0
        }
    }

    @Test func `a tenant's own realm is disabled and deleted as a whole, and no other of its name`() async throws {
        try await withKeycloak { keycloak, stack in
            let (user, _) = try await TestFirstUser.provisioned(stack, "keycloak", tier: "PREMIUM")
            let (other, _) = try await TestFirstUser.provisioned(stack, "keycloak", tier: "PREMIUM")
            keycloak.change(other.key) { $0.representation["attributes"] = ["arcTenantId": "somebody else"] }
            for tenant in [user, other] { try await tenant.change("suspend") }
            try await eventually("the realm is disabled") {
                keycloak.realms[user.key]?.representation["enabled"] == false
            }
            try await Self.settled(stack)
            #expect(keycloak.realms[other.key]?.representation["enabled"] == true)
            for tenant in [user, other] {
                try await tenant.change("reactivate")
                try await tenant.offboard()
            }
            try await eventually("the realm is deleted") { keycloak.realms[user.key] == nil }
            try await Self.settled(stack)
            #expect(keycloak.realms[other.key] != nil)
        }
    }

    @Test func `an outage of the provider delays the change and does not lose it`() async throws {
        try await withKeycloak { keycloak, stack in
            let (user, id) = try await TestFirstUser.provisioned(stack, "keycloak", tier: "BASIC")
            for _ in 0..<3 { keycloak.peer.fail("PUT", pathEnd: id, .instead(.serviceUnavailable)) }
            try await user.change("suspend")
            try await eventually("the user is disabled") { Self.isEnabled(id, in: "basic", keycloak) == false }
            try await Self.settled(stack)
            // Outages are no attempts.
            #expect(
                try await stack.database(.tenantManagement).count(
                    "SELECT count(*) FROM main.identity_changes WHERE attempts = 0 AND last_error IS NULL") == 1)
        }
    }

    @Test func `a user who is set up for a suspended tenant is disabled`() async throws {
        try await withKeycloak { keycloak, stack in
            let user = try await TestFirstUser.begin(stack)
            try await user.hook.send().expect(204)
            try await user.change("suspend")
            let id = try await user.send(user.body("keycloak", tier: "BASIC")).expect(200).string("authId")
            try await eventually("the user is disabled") { Self.isEnabled(id, in: "basic", keycloak) == false }
        }
    }

    @Test func `users at Auth0 are blocked, unblocked and deleted`() async throws {
        let auth0 = FakeAuth0()
        try await auth0.run { url in
            try await TestStack.run([.tenantManagement], environment: FakeAuth0.environment(url)) { stack in
                let (user, id) = try await TestFirstUser.provisioned(
                    stack, "auth0", tier: "PREMIUM", auth0: ["connection": "Users"])
                let (_, other) = try await TestFirstUser.provisioned(
                    stack, "auth0", tier: "BASIC", auth0: ["connection": "Users"])
                for (action, isBlocked) in [("suspend", true), ("reactivate", false)] {
                    try await user.change(action)
                    try await eventually("the user is \(action)ed") {
                        auth0.now.users[id]?["blocked"]?.boolValue == isBlocked
                    }
                }
                try await user.offboard()
                try await eventually("user and organization are deleted") {
                    auth0.now.users[id] == nil && auth0.now.organizations.count == 1
                }
                #expect(auth0.now.users[other] != nil)
            }
        }
    }
}
