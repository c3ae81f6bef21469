import JSONCoding
import PostgresTestSupport
import StackTestSupport
import Testing

/// A service that starts before its databases do.
@Suite(.timeLimit(.minutes(20))) struct LateDatabaseTests {
    @Test func `a service without its databases listens, is not ready, answers 503, and recovers by itself`()
        async throws
    {
        try await TestStack.run([.tenantManagement]) { stack in
            let tenant = try await stack.createTenantID()
            let servers = stack.servers
            try await TCPProxy.run(to: servers.postgres.host, servers.postgres.port) { proxy in
                proxy.refuse(true)
                var environment: [String: String] = [:]
                for prefix in ["DB", "MESSAGE_BUS_DB"] {
                    environment["\(prefix)_HOST"] = "127.0.0.1"
                    environment["\(prefix)_PORT"] = "\(proxy.port)"
                    environment["\(prefix)_CONNECTION_TIMEOUT_MILLIS"] = "1000"
                }
                let node = try await stack.startNode(
                    .tenantManagement, environment: environment, until: .listening)
                try await check(node.client, stack.admin, tenant, proxy)
            }
        }
    }

    private func check(_ client: TestHTTPClient, _ token: String, _ tenant: String, _ proxy: TCPProxy) async throws {
        try await client.get("/health/live").expect(200)
        let readiness = try await client.get("/health/ready").expect(503)
        #expect(readiness.headers["retry-after"] != nil)
        let body: JSONValue = [
            "firstName": "Ann", "lastName": "Lee", "email": "late@example.com", "isPrimary": false,
            "tenantId": .string(tenant),
        ]
        for response in [
            try await client.post("/contacts", body, token: token), try await client.get("/contacts", token: token),
        ] {
            try expectUnavailable(response)
        }
        // Of all rows only this one may be in the cache.
        let cached = try await client.get("/tenants/\(tenant)", token: token)
        if cached.status == 200 {
            #expect(try cached.string("id") == tenant)
        } else {
            try expectUnavailable(cached)
        }
        proxy.refuse(false)
        try await eventually("the service is ready") { try await client.get("/health/ready").status == 200 }
        // A connection that takes longer than its second is a 503 again.
        try await eventually("the service works") {
            try await client.post("/contacts", body, token: token).status == 201
        }
    }

    private func expectUnavailable(_ response: TestResponse) throws {
        try response.expect(503)
        #expect(response.errorCode == "UNAVAILABLE" && response.headers["retry-after"] != nil)
    }
}
