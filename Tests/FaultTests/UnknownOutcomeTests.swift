import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import Testing

/// What clients learn when the connection to PostgreSQL is lost: "nothing was changed" only where that is certain.
@Suite(.timeLimit(.minutes(20))) struct UnknownOutcomeTests {
    /// A node of tenant management behind a proxy that can lose its connections, and a tenant.
    private func run(
        _ environment: [String: String] = [:],
        _ body: (TestStack, TestHTTPClient, LossyConnection, TCPProxy, _ tenant: String) async throws -> Void
    ) async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let tenant = try await stack.createTenantID()
            let connection = LossyConnection()
            try await TCPProxy.run(
                to: stack.servers.postgres.host, stack.servers.postgres.port, inspector: { connection.makeInspector() }
            ) { proxy in
                let node = try await stack.startNode(
                    .tenantManagement,
                    environment: environment.merging(["DB_HOST": "127.0.0.1", "DB_PORT": "\(proxy.port)"]) { $1 })
                try await body(stack, node.client, connection, proxy, tenant)
            }
        }
    }

    private func contact(_ email: String, of tenant: String) -> JSONValue {
        [
            "firstName": "Ann", "lastName": "Lee", "email": .string(email), "isPrimary": false,
            "tenantId": .string(tenant),
        ]
    }

    private func count(_ email: String, in stack: TestStack) async throws -> Int {
        try await stack.database(.tenantManagement).count(
            "SELECT count(*) FROM main.contacts WHERE email = $1", [.text(email)])
    }

    @Test func `a commit of which the answer is lost is a 504 that says so, and the row exists`() async throws {
        try await run { stack, client, connection, _, tenant in
            connection.lose("lost.answer@example.com", .beforeTheAnswer)
            let response = try await client.post(
                "/contacts", contact("lost.answer@example.com", of: tenant), token: stack.admin
            ).expect(504)
            #expect(response.errorCode == "OUTCOME_UNKNOWN")
            #expect(response.message.contains("unknown") && response.message.contains("Idempotency-Key"))
            #expect(!response.message.contains("nothing was changed"))
            #expect(connection.lossCount == 1)
            #expect(try await count("lost.answer@example.com", in: stack) == 1)
        }
    }

    @Test func `a request that is lost on its way is a 504 as well, for nobody can know, and there is no row`()
        async throws
    {
        try await run { stack, client, connection, _, tenant in
            connection.lose("lost.request@example.com", .beforeTheRequest)
            let response = try await client.post(
                "/contacts", contact("lost.request@example.com", of: tenant), token: stack.admin
            ).expect(504)
            #expect(response.errorCode == "OUTCOME_UNKNOWN")
            #expect(try await count("lost.request@example.com", in: stack) == 0)
        }
    }

    @Test func `a request that could not be sent is a 503, nothing was changed, and it may be repeated`() async throws {
        // How long the request waits for a connection that there will not be.
        try await run(["DB_CONNECTION_TIMEOUT_MILLIS": "3000"]) { stack, client, _, proxy, tenant in
            proxy.refuse(true)
            let body = contact("not.sent@example.com", of: tenant)
            let response = try await client.post("/contacts", body, token: stack.admin).expect(503)
            #expect(response.errorCode == "UNAVAILABLE" && response.message.contains("nothing was changed"))
            #expect(response.headers["retry-after"] != nil)
            #expect(try await count("not.sent@example.com", in: stack) == 0)
            proxy.refuse(false)
            try await eventually("the service is back by itself") {
                try await client.post("/contacts", body, token: stack.admin).status == 201
            }
            #expect(try await count("not.sent@example.com", in: stack) == 1)
        }
    }

    @Test func `with an Idempotency-Key the repetition gives the answer that was lost`() async throws {
        try await run { stack, client, connection, _, tenant in
            connection.lose("once.only@example.com", .beforeTheAnswer)
            let body = contact("once.only@example.com", of: tenant)
            let headers = ["idempotency-key": "5d0f5a1e-lost-answer"]
            _ = try await client.send("POST", "/contacts", body, token: stack.admin, headers: headers).expect(504)
            let second: TestResponse = try await eventually("the key is free again") {
                let response = try await client.send("POST", "/contacts", body, token: stack.admin, headers: headers)
                return response.status == 409 ? nil : response
            }
            try second.expect(201)
            #expect(second.json["email"]?.stringValue == "once.only@example.com")
            #expect(try await count("once.only@example.com", in: stack) == 1)
        }
    }

    @Test func `a request whose claim on its Idempotency-Key is lost has changed nothing and can be repeated at once`()
        async throws
    {
        try await run(["IDEMPOTENCY_CLAIM_SECONDS": "600"]) { stack, client, connection, _, tenant in
            // The first request of a connection contains the text of the statement.
            connection.lose("main.idempotency_keys AS present", .beforeTheAnswer)
            let body = contact("lost.claim@example.com", of: tenant)
            let headers = ["idempotency-key": "5d0f5a1e-lost-claim"]
            let response = try await client.send("POST", "/contacts", body, token: stack.admin, headers: headers)
                .expect(503)
            #expect(response.errorCode == "UNAVAILABLE" && connection.lossCount == 1)
            try await eventually("the key is free again") {
                try await client.send("POST", "/contacts", body, token: stack.admin, headers: headers).status == 201
            }
            #expect(try await count("lost.claim@example.com", in: stack) == 1)
        }
    }

    @Test func `a read of which the answer is lost is a 503, for it has changed nothing`() async throws {
        try await run { stack, client, connection, _, _ in
            connection.lose("lost.read@example.com", .beforeTheAnswer)
            let filter: JSONValue = ["where": ["email": "lost.read@example.com"]]
            let path = "/contacts?\(filter.parameter())"
            let response = try await client.get(path, token: stack.admin).expect(503)
            #expect(response.errorCode == "UNAVAILABLE")
            #expect(connection.lossCount == 1)
            try await client.get(path, token: stack.admin).expect(200)
        }
    }

    @Test func `a bulk change of which the answer is lost is a 504`() async throws {
        try await run { stack, client, connection, _, tenant in
            let body = contact("bulk@example.com", of: tenant)
            try await client.post("/contacts", body, token: stack.admin).expect(201)
            connection.lose("bulk.changed@example.com", .beforeTheAnswer)
            let condition: JSONValue = ["email": "bulk@example.com"]
            let response = try await client.patch(
                "/contacts?\(condition.parameter("where"))", ["email": "bulk.changed@example.com"], token: stack.admin
            ).expect(504)
            #expect(response.errorCode == "OUTCOME_UNKNOWN")
            #expect(try await count("bulk.changed@example.com", in: stack) == 1)
        }
    }
}
