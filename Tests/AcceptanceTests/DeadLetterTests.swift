import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import Testing

/// Events that were given up are seen, listed and tried again.
@Suite(.timeLimit(.minutes(20))) struct DeadLetterTests {
    private func events(_ database: TestDatabase, _ service: String, _ arguments: String...) async throws
        -> TestCommand.Outcome
    {
        try await ArcCommand.run(
            ["events"] + arguments + ["--service", service],
            environment: [
                "DB_HOST": database.server.host, "DB_PORT": database.server.port,
                "DB_SSLMODE": "disable", "DB_DATABASE": database.name, "DB_USER": database.server.user,
            ])
    }

    @Test func `a dead letter degrades the health report until it is tried again`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let database = try stack.database(.tenantManagement)
            let client = stack.tenantManagement
            try await database.query(
                """
                INSERT INTO main.outbox (
                    event_id, type, version, occurred_at, data, state, attempts, settled_at, last_error)
                VALUES ('0198c0de-0000-7000-8000-000000000001', 'TENANT_CREATED', 1, now(), '{}', 2, 12, now(), 'refused')
                """)
            let degraded = try await client.get("/health/ready").expect(200)
            #expect(degraded.json["status"] == "degraded")
            #expect(degraded.json["checks"]?["deadLetters"] == "1 waiting")

            let listed = try await events(database, "tenant-management", "dead")
            #expect(listed.status == 0, "\(listed.errors)")
            for word in ["0198c0de-0000-7000-8000-000000000001", "TENANT_CREATED", "outbox", "12", "refused"] {
                #expect(listed.output.contains(word), "\(listed.output)")
            }
            let json = try await events(database, "tenant-management", "dead", "--json")
            let letter = try #require(try JSONValue.parse(Array(json.output.utf8)).arrayValue?.first)
            #expect(letter["reason"] == "refused" && letter["attempts"] == 12 && letter["group"] == .null)

            let unknown = try await events(
                database, "tenant-management", "retry", "0198c0de-0000-7000-8000-000000000002")
            #expect(unknown.status == 1)
            let retried = try await events(database, "tenant-management", "retry", "--all")
            #expect(retried.status == 0 && retried.output == "1 event will be retried\n", "\(retried.errors)")
            try await eventually("it is published") {
                try await database.count(
                    "SELECT count(*) FROM main.outbox WHERE state = 1 AND type = 'TENANT_CREATED'") == 1
            }
            #expect(try await client.get("/health/ready").json["checks"]?["deadLetters"] == "up")
            #expect(try await events(database, "tenant-management", "dead").output == "no dead letters\n")
        }
    }

    @Test func `dead letters of consumer groups are listed with their group`() async throws {
        try await TestDatabase.with(.messageBus) { database in
            try await database.query(
                """
                WITH message AS (
                    INSERT INTO main.messages (event_id, type, version, occurred_at, data, published_at)
                    VALUES (gen_random_uuid(), 'A', 1, now(), '{}', now()) RETURNING position, event_id),
                known AS (INSERT INTO main.consumer_groups VALUES ('a-group', '{A}', now()))
                INSERT INTO main.deliveries (group_name, position, lane, type, state, attempts, settled_at, last_error)
                SELECT 'a-group', position, 'a-group:' || event_id, 'A', 2, 3, now(), 'no use' FROM message
                """)
            let listed = try await events(database, "message-bus", "dead")
            #expect(listed.output.contains("(a-group)") && listed.output.contains("no use"), "\(listed.errors)")
            let retried = try await events(database, "message-bus", "retry", "--all")
            #expect(retried.output == "1 event will be retried\n", "\(retried.errors)")
            #expect(try await database.count("SELECT count(*) FROM main.deliveries WHERE state = 0") == 1)
        }
    }
}
