import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import Testing

@Suite(.timeLimit(.minutes(20))) struct IdempotencyOutageTests {
    @Test func `a request that an outage ended can be repeated right after it, not only when its claim expires`()
        async throws
    {
        try await TestStack.run([.tenantManagement], environment: ["IDEMPOTENCY_CLAIM_SECONDS": "600"]) { stack in
            let database = try stack.database(.tenantManagement)
            let key = TestStack.uniqueKey()
            let client = stack.tenantManagement
            let admin = stack.admin
            let request: @Sendable () async throws -> Int = {
                try await client.send(
                    "POST", "/tenants", .object(TestStack.tenantBody(key: key)), token: admin,
                    headers: ["idempotency-key": "key-\(key)"]
                ).status
            }
            // The request is held between its claim and its effect.
            let first = try await database.withPool { pool in
                try await pool.withTransaction { transaction in
                    _ = try await transaction.query("LOCK TABLE main.tenants IN ACCESS EXCLUSIVE MODE")
                    let first = Task { try await request() }
                    try await eventually("the request waits for the table") {
                        try await database.count(
                            """
                            SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'main.tenants'::regclass
                            """) > 0
                    }
                    #expect(try await database.count("SELECT count(*) FROM main.idempotency_keys") == 1)
                    try await database.setAway(true, for: database.template.runtimeRole)
                    return first
                }
            }
            #expect(try await first.value >= 500)
            try await database.setAway(false)
            try await eventually("the repetition is carried out") { try await request() == 201 }
        }
    }
}
