import Entities
import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import Sealing
import StackTestSupport
import Testing

@testable import TenantManagement

/// `SYSTEM_USER_ID`: whose the changes are that the services make on nobody's behalf (docs/contract/arc-api.md 3.5).
@Suite struct SystemUserTests {
    private static let user = Identifier.v4()
    private static let environment = ["SYSTEM_USER_ID": user.description]

    /// Who created and changed a row; `-` for nobody.
    private func audit(_ stack: TestStack, _ table: String, _ id: String, by column: String = "id") async throws
        -> [String]
    {
        try await stack.database(.tenantManagement).texts(
            """
            SELECT coalesce(created_by::text, '-') || ' ' || coalesce(modified_by::text, '-')
            FROM main.\(table) WHERE \(column) = $1::uuid
            """, [.text(id)])
    }

    private func story(_ stack: TestStack) async throws -> (lead: String, tenant: String) {
        let name = TestStack.uniqueKey()
        var body = TestStack.leadBody(name)
        body["address"] = ["city": "Springfield", "country": "India"]
        let (lead, token) = try await stack.validatedLead(name, body: body)
        let tenant = try await stack.tenantManagement.post(
            "/leads/\(lead)/tenants", ["key": .string(name), "domains": [.string("\(name).example.com")]], token: token
        ).expect(201).string("id")
        return (lead, tenant)
    }

    @Test func `leads and their tenants are created by the system user`() async throws {
        try await TestStack.run([.tenantManagement], environment: Self.environment) { stack in
            let name = TestStack.uniqueKey()
            let registered = try await stack.tenantManagement.post("/leads", .object(TestStack.leadBody(name)))
                .expect(201).string("id")
            #expect(try await audit(stack, "leads", registered) == ["\(Self.user) \(Self.user)"])
            let database = try stack.database(.tenantManagement)
            try await database.query("UPDATE main.leads SET modified_by = NULL")
            let key = try await stack.mails.key(ofLead: registered)
            try await stack.tenantManagement.post("/leads/\(registered)/verify", token: key).expect(200)
            #expect(try await audit(stack, "leads", registered) == ["\(Self.user) \(Self.user)"], "by its verification")

            let (lead, tenant) = try await story(stack)
            for (table, column, id) in [
                ("leads", "id", lead), ("tenants", "id", tenant), ("contacts", "tenant_id", tenant),
            ] {
                #expect(try await audit(stack, table, id, by: column) == ["\(Self.user) \(Self.user)"], "\(table)")
            }
            #expect(try await database.texts("SELECT created_by::text FROM main.addresses") == ["\(Self.user)"])
            let seen = try await stack.tenantManagement.get("/leads/\(lead)", token: stack.admin).expect(200).json
            #expect(seen["createdBy"]?.stringValue == Self.user.description)
            #expect(seen["modifiedBy"]?.stringValue == Self.user.description)
        }
    }

    /// The writes of callback, consumer and watchdog are distinguished from those of users.
    @Test func `the system user continues what users began`() async throws {
        try await TestStack.run([.tenantManagement, .subscription], environment: Self.environment) { stack in
            let database = try stack.database(.tenantManagement)
            let tenant = try await stack.createTenantID()
            let before = try #require(try await audit(stack, "tenants", tenant).first)
            let operatorID = try #require(before.split(separator: " ").first)
            #expect(operatorID != Self.user.description && operatorID != "-")
            #expect(
                try await database.texts("SELECT created_by::text FROM main.addresses") == ["\(Self.user)"],
                "addresses are the system's always, as the original has it")

            let hook = try await TestWebhook.of(tenant, stack)
            try await hook.send().expect(204)
            #expect(try await audit(stack, "tenants", tenant) == ["\(operatorID) \(Self.user)"])
            #expect(
                try await audit(stack, "resources", tenant, by: "tenant_id") == ["\(Self.user) \(Self.user)"])

            let (_, waiting) = try await story(stack)
            try await stack.awaitAnnouncement(ofTenant: waiting)
            try await database.query("UPDATE main.tenants SET modified_by = NULL")
            let plan = try await stack.plan(tier: "PREMIUM")
            try await stack.subscription.post(
                "/subscriptions", ["subscriberId": .string(waiting), "planId": .string(plan), "status": 1],
                token: stack.admin
            ).expect(201)
            try await eventually("the tenant is being provisioned") { try await stack.status(ofTenant: waiting) == 2 }
            #expect(try await audit(stack, "tenants", waiting) == ["\(Self.user) \(Self.user)"])

            try await database.query("UPDATE main.tenants SET modified_by = NULL")
            let expired = try await database.withPool { pool in
                try await ProvisioningRepository(pool: pool, systemUser: .init(identifier: Self.user)).expire(
                    now: SystemClock().now().adding(.seconds(10 * 86_400)), limit: 10)
            }
            #expect(expired.map(\.id.description) == [waiting])
            #expect(try await audit(stack, "tenants", waiting) == ["\(Self.user) \(Self.user)"])
        }
    }

    @Test func `settings of identity providers are created by the system user`() async throws {
        try await TestStack.run([.tenantManagement], environment: Self.environment) { stack in
            let tenant = try await stack.createTenantID()
            let id = try #require(Identifier(tenant))
            let database = try stack.database(.tenantManagement)
            for number in 1...2 {
                try await database.withPool { pool in
                    let repository = IdentityProviderRepository(
                        pool: pool, sealer: IdentitySecretSealer(secret: "a secret"),
                        systemUser: SystemUser(identifier: Self.user), clock: SystemClock())
                    try await repository.store(["number": .integer(number)], as: "keycloak-client", of: id)
                }
                #expect(
                    try await audit(stack, "tenant_mgmt_configs", tenant, by: "tenant_id")
                        == ["\(Self.user) \(Self.user)"])
                try await database.query("UPDATE main.tenant_mgmt_configs SET modified_by = NULL")
            }
        }
    }

    @Test func `without a system user the audit columns stay empty`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let (lead, _) = try await story(stack)
            #expect(try await audit(stack, "leads", lead) == ["- -"])
            let tenant = try await stack.createTenantID()
            try await TestWebhook.of(tenant, stack).send().expect(204)
            #expect(try await audit(stack, "resources", tenant, by: "tenant_id") == ["- -"])
            #expect(try await audit(stack, "tenants", tenant).first?.hasSuffix(" -") == true)
        }
    }
}
