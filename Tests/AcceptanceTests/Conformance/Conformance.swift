import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceKit
import StackTestSupport
import Testing

/// What the original's own tests are based on (docs/contract/arc-api.md 12): the same secret, issuer, claims and fixtures, and
/// the switches that bring the original's ways back (docs/compatibility.md).
struct Conformance: Sendable {
    let stack: TestStack
    /// What the services have logged as errors.
    var log = RecordedLog()

    static let environment = [
        "JWT_SECRET": "test", "JWT_ISSUER": "test", "LEAD_TOKEN_EXPIRY": "30000", "LEAD_KEY_LENGTH": "5",
        "VALIDATION_TOKEN_EXPIRY": "30000", "WEBHOOK_SECRET_EXPIRY": "30000",
        "LEAD_KEY_IN_RESPONSE": "true", "PROVISION_ON_CREATE": "false", "LEAD_DUPLICATE_RESPONSE": "conflict",
    ]

    /// Upstream's token: none of its ids is a UUID.
    static func token(_ permissions: [String] = TestTokens.allPermissions, id: String = "test") async throws -> String {
        let issuer = await TokenIssuer(secret: "test", issuer: "test", clock: SystemClock())
        return try await issuer.issue(
            TokenIssuer.Claims(id: id, userTenantID: "test", permissions: permissions), lifetime: .seconds(3600))
    }

    static let lead: JSONObject = [
        "firstName": "test-lead", "lastName": "NA", "email": "test@contact.com", "companyName": "test-company",
        "address": [:],
    ]

    static let address: JSONObject = [
        "address": "test-address", "city": "test-city", "state": "test-state", "zip": "test-zip", "country": "India",
    ]

    /// What becomes of a lead: without `contact`, which is the lead itself.
    static let leadOnboarding: JSONObject = [
        "name": "test-name", "key": "testkey", "domains": ["contact.com"],
        "address": "test-address", "city": "test-city", "state": "test-state", "zip": "test-zip", "country": "India",
    ]

    static var onboarding: JSONObject {
        var body = leadOnboarding
        body["contact"] = [
            "firstName": "test-lead", "lastName": "NA", "email": "test@contact.com", "isPrimary": true,
        ]
        return body
    }

    /// A row of one of the contract's tables.
    struct Row: Sendable {
        let name: String
        let check: @Sendable (Conformance) async throws -> Void

        init(_ name: String, _ check: @escaping @Sendable (Conformance) async throws -> Void) {
            self.name = name
            self.check = check
        }
    }

    /// Takes a stack through rows, each on empty tables, and names the rows that are not as they must be.
    static func run(_ rows: [Row], _ kinds: [TestStack.ServiceKind], environment: [String: String] = environment)
        async throws
    {
        let log = RecordedLog()
        try await TestStack.run(kinds, environment: environment, logger: log.logger) { stack in
            let conformance = Conformance(stack: stack, log: log)
            for row in rows {
                try await conformance.empty(kinds)
                do { try await row.check(conformance) } catch { Issue.record("\(row.name): \(error)") }
            }
        }
    }

    /// Removes every row but the seeded currencies and cycles.
    private func empty(_ kinds: [TestStack.ServiceKind]) async throws {
        if kinds.contains(.tenantManagement) {
            try await stack.database(.tenantManagement).query(
                "TRUNCATE main.tenants, main.leads, main.addresses CASCADE")
        }
        if kinds.contains(.subscription) {
            let database = try stack.database(.subscription)
            // The ledger is never emptied, except here.
            for statement in [
                "ALTER TABLE main.ledger_entries DISABLE TRIGGER append_only",
                "TRUNCATE main.plans, main.subscriptions, main.invoice, main.resources, main.services CASCADE",
                "ALTER TABLE main.ledger_entries ENABLE TRIGGER append_only",
            ] {
                try await database.query(statement)
            }
        }
    }

    /// Registers a lead.
    /// - Returns: Its id and its key, which the compatible mode answers.
    func register(_ body: JSONObject = lead) async throws -> (id: String, key: String) {
        let answer = try await stack.tenantManagement.post("/leads", .object(body)).expect(201)
        return (try answer.string("id"), try answer.string("key"))
    }

    /// Registers a lead and proves its address.
    func verified(_ body: JSONObject = lead) async throws -> (id: String, token: String) {
        let (id, key) = try await register(body)
        let answer = try await stack.tenantManagement.post("/leads/\(id)/verify", token: key).expect(200)
        return (id, try answer.string("token"))
    }

    /// A tenant with a primary contact, as upstream's tests put it into the repository.
    func insertTenant(status: Int = 1) async throws -> String {
        let id = Identifier.v4().description
        let database = try stack.database(.tenantManagement)
        try await database.query(
            """
            INSERT INTO main.tenants (id, name, status, key, domains)
            VALUES ($1::uuid, 'test-name', $2::smallint, substr(md5($1), 1, 10), '{contact.com}')
            """, [.text(id), .text("\(status)")])
        try await database.query(
            """
            INSERT INTO main.contacts (first_name, last_name, email, is_primary, tenant_id)
            VALUES ('test', 'contact', 'test@contact.com', true, $1::uuid)
            """, [.text(id)])
        return id
    }
}

/// Insists on something that is no status.
func require(_ holds: Bool, _ what: @autoclosure () -> String) throws {
    guard holds else { throw TestFailure(what()) }
}

extension JSONValue {
    /// Insists on members with these values.
    func require(_ members: JSONObject) throws {
        for (name, value) in members where self[name] != value {
            throw TestFailure("\(name) is \(self[name] ?? .null) instead of \(value)")
        }
    }
}
