import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import PrometheusMetrics
import ServiceMetrics
import StackTestSupport
import TestSupport
import Testing

/// A service whose database has a streaming replica.
@Suite(.timeLimit(.minutes(20))) struct ReplicatedServiceTests {
    /// A client of the service that sends back what it was told.
    private struct Client {
        let stack: TestStack
        /// The management port of the node that it asks.
        let metrics: TestHTTPClient
        var position: String?

        private var headers: [String: String] { position.map { ["x-write-position": $0] } ?? [:] }

        /// The same client as it was told earlier.
        func knowing(_ position: String?) -> Client {
            var copy = self
            copy.position = position
            return copy
        }

        func scrape() async throws -> Scrape { Scrape(try await metrics.get("/metrics").expect(200).text) }

        mutating func send(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws -> TestResponse {
            let response = try await stack.tenantManagement.send(
                method, path, body, token: stack.admin, headers: headers)
            position = response.headers["x-write-position"] ?? position
            return response
        }

        /// How many tenants it sees, and who has answered.
        func tenants() async throws -> (count: Int?, isReplica: Bool) {
            let before = try await scrape()
            let response = try await stack.tenantManagement.send(
                "GET", "/tenants/count", token: stack.admin, headers: headers
            ).expect(200)
            #expect(response.headers["x-write-position"] == nil, "reads have no position")
            let growth = try await scrape().growth(of: "arc_postgres_reads_total", since: before)
            return (response.json["count"]?.intValue, growth["{target=\"replica\"}"] == 1)
        }

        /// How many tenants the replica sees, as soon as it answers.
        func tenantsOfReplica() async throws -> Int {
            try await eventually("the replica answers") { () -> Int? in
                let (count, isReplica) = try await tenants()
                return isReplica ? count : nil
            }
        }
    }

    @Test func `no client misses its own changes, whatever happens to the replica`() async throws {
        try await PostgresCluster.with { primary in
            try await primary.withReplica { replica in
                var servers = try TestServers.current()
                servers.postgres = PostgresTestServer(host: primary.folder, port: "5432", user: "postgres")
                let ports = ManagementPorts()
                let settings = [
                    "DB_READ_HOSTS": "\(replica.folder):5432", "DB_READ_CHECK_MILLIS": "50",
                    "DB_READ_MAX_LAG_MILLIS": "3600000",
                ]
                try await TestStack.run(
                    [.tenantManagement], environment: settings, servers: servers, logger: ports.logger
                ) { stack in
                    var client = Client(stack: stack, metrics: try await ports.client(.tenantManagement))
                    try await checkOwnWrites(&client, replica)
                    try await checkLag(client, replica)
                    try await checkLoss(&client, replica)
                    try await checkPromotion(&client, replica)
                }
            }
        }
    }

    private func create(_ client: inout Client) async throws -> TestResponse {
        try await client.send("POST", "/tenants", .object(TestStack.tenantBody())).expect(201)
    }

    private func checkOwnWrites(_ client: inout Client, _ replica: PostgresCluster) async throws {
        let id = try await create(&client).string("id")
        let first = client.position
        #expect(first != nil)
        #expect(try await client.tenantsOfReplica() == 1)
        let refused = try await client.knowing("1-2-3").stack.tenantManagement.send(
            "GET", "/tenants", token: client.stack.admin, headers: ["x-write-position": "1-2-3"])
        #expect(refused.status == 400 && refused.message.contains("X-Write-Position"))

        try await withReplayPaused(replica) {
            for expected in 2...4 {
                _ = try await create(&client)
                #expect(try await client.tenants() == (expected, false))
            }
            #expect(try await client.knowing(first).tenantsOfReplica() == 1)
            #expect(try await client.knowing("0").tenantsOfReplica() == 1)
            #expect(try await client.knowing(nil).tenants() == (4, false), "whoever says nothing is asked for nothing")

            // Also for one who may be answered by the replica, what everybody gets from memory is not the replica's.
            try await client.send("PATCH", "/tenants/\(id)", ["name": "Changed"]).expect(204)
            let other = try await client.stack.startNode(.tenantManagement, until: .serving)
            let read = try await other.client.send(
                "GET", "/tenants/\(id)", token: client.stack.admin, headers: ["x-write-position": first ?? ""])
            #expect(read.json["name"] == "Changed")
        }
        #expect(try await client.tenantsOfReplica() == 4)
        // Failures say how far the database is, too: a part may have been done.
        let failure = try await client.send("PATCH", "/tenants/\(Identifier.v4())", ["name": "Nobody"])
        #expect(failure.status == 404 && failure.headers["x-write-position"] != nil)
        // What is refused before anything is done asks the primary for nothing.
        let invalid = try await client.send("PATCH", "/tenants/\(id)", ["name": 7])
        #expect(invalid.status == 422 && invalid.headers["x-write-position"] == nil)
        let stranger = try await client.stack.tenantManagement.patch("/tenants/\(id)", ["name": "Stranger"])
        #expect(stranger.status == 401 && stranger.headers["x-write-position"] == nil)
    }

    /// A node that tolerates little lag leaves the replica out while it stands still, and says so.
    private func checkLag(_ client: Client, _ replica: PostgresCluster) async throws {
        var client = client
        let strict = try await client.stack.startNode(
            .tenantManagement, environment: ["DB_READ_MAX_LAG_MILLIS": "500"], until: .serving)
        let isUsed = { try await strict.client.get("/health/ready").json["checks"]?["readReplicas"] == "up" }
        try await eventually("the replica is used", is: isUsed)
        try await withReplayPaused(replica) {
            _ = try await create(&client)
            try await eventually("the replica is left out") {
                let health = try await strict.client.get("/health/ready").expect(200)
                return health.json["status"] == "degraded"
                    && health.json["checks"]?["readReplicas"] == "0 of 1 usable (lagging)"
            }
            let count = try await strict.client.send(
                "GET", "/tenants/count", token: client.stack.admin, headers: ["x-write-position": "0"])
            #expect(count.json["count"] == 5)
        }
        try await eventually("the replica is used again", is: isUsed)
    }

    private func checkLoss(_ client: inout Client, _ replica: PostgresCluster) async throws {
        #expect(try await client.tenantsOfReplica() == 5)
        try await replica.crash()
        #expect(try await client.tenants() == (5, false))
        try await eventually("readiness names the loss") {
            let health = try await client.stack.tenantManagement.get("/health/ready").expect(200)
            return health.json["checks"]?["readReplicas"] == "0 of 1 usable (unreachable)"
        }
        _ = try await create(&client)
        #expect(try await client.tenants() == (6, false))
        try await replica.start()
        #expect(try await client.tenantsOfReplica() == 6)
        let names = try await client.scrape().names
        #expect(Set(MetricCatalog.replicas.map(\.name)).subtracting(names) == [])
    }

    /// A promoted replica goes its own way; nobody sees it.
    private func checkPromotion(_ client: inout Client, _ replica: PostgresCluster) async throws {
        let database = try client.stack.database(.tenantManagement).name
        try await withPool(replica.configuration { $0.database = database }) { admin in
            try await admin.execute("SELECT pg_promote()")
            try await admin.execute("ALTER TABLE main.tenants DISABLE TRIGGER USER")
            try await admin.execute("UPDATE main.tenants SET deleted = true")
        }
        for position in [client.position, "0", nil] {
            #expect(try await client.knowing(position).tenants() == (6, false))
        }
        try await eventually("readiness names the promotion") {
            try await client.stack.tenantManagement.get("/health/ready").json["checks"]?["readReplicas"]
                == "0 of 1 usable (promoted)"
        }
    }

    private func withReplayPaused(_ replica: PostgresCluster, _ body: () async throws -> Void) async throws {
        try await withPool(replica.configuration()) { admin in
            try await admin.execute("SELECT pg_wal_replay_pause()")
            try await eventually("the replay stands still") {
                try await admin.count("SELECT count(*) WHERE pg_get_wal_replay_pause_state() = 'paused'") == 1
            }
            try await withCleanup(body) { try? await admin.execute("SELECT pg_wal_replay_resume()") }
        }
    }
}
