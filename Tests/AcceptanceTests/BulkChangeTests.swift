import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import Testing

/// Changes of many rows in one request.
@Suite struct BulkChangeTests {
    @Test func `a change of more rows than one request may touch changes none`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let tenant = try await stack.createTenantID()
            let database = try stack.database(.tenantManagement)
            try await database.query(
                """
                INSERT INTO main.contacts (first_name, last_name, email, is_primary, tenant_id)
                SELECT 'many', 'n' || n % 3, n || '@acme.com', false, $1::uuid FROM generate_series(1, 10001) AS n
                """, [.text(tenant)])
            func change(_ condition: JSONValue) async throws -> TestResponse {
                try await stack.tenantManagement.patch(
                    "/contacts?\(condition.parameter("where"))", ["firstName": "changed"], token: stack.admin)
            }
            let refused = try await change(["firstName": "many"]).expect(422)
            #expect(refused.json["error"]?["code"] == "TOO_MANY_ROWS" && refused.text.contains("10000"))
            #expect(
                try await database.count("SELECT count(*) FROM main.contacts WHERE first_name = 'changed'") == 0)
            let part = try await change(["firstName": "many", "lastName": "n1"]).expect(200)
            #expect(part.json["count"] == 3334)
            #expect(
                try await database.count("SELECT count(*) FROM main.contacts WHERE first_name = 'changed'") == 3334)
        }
    }
}
