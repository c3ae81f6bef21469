import JSONCoding
import PostgresClient
import PostgresTestSupport
import ServiceKit
import StackTestSupport
import Testing

/// The bound on the age of cached bodies when nodes lose Redis without an orderly end: two nodes in their own processes,
/// each with a proxy in front of Redis.
///
/// How fast the machine is does not matter: whatever a node answers to a request that began later than the bound after
/// the commit must be the new row.
@Suite(.timeLimit(.minutes(20))) struct CacheCutTests {
    /// A node and its way to Redis.
    private struct Node {
        let process: ArcProcess
        let proxy: TCPProxy
        let cut: NetworkCut

        var client: TestHTTPClient { process.client }

        /// Packets get lost.
        func silence() { cut.setSilent(true) }

        /// Connections end, and new ones are refused.
        func disconnect() { proxy.refuse(true) }

        func reconnect() async throws {
            cut.setSilent(false)
            proxy.refuse(false)
            try await eventually("Redis is back") {
                try await client.get("/health/ready").json["checks"]?["redis"] == "up"
            }
        }
    }

    private struct Nodes {
        let stack: ProcessStack
        let writer: Node
        let reader: Node

        /// A tenant that both nodes have cached.
        func cachedTenant() async throws -> String {
            let created = try await writer.client.post(
                "/tenants", .object(TestStack.tenantBody()), token: stack.admin
            ).expect(201)
            let id = try created.string("id")
            for _ in 0..<3 { for node in [writer, reader] { _ = try await name(of: id, on: node) } }
            return id
        }

        func name(of tenant: String, on node: Node) async throws -> String? {
            try await node.client.get("/tenants/\(tenant)", token: stack.admin).expect(200).json["name"]?.stringValue
        }

        /// Begins to rename a tenant, and returns as soon as that is committed.
        /// - Returns: An instant after the commit; the response may be late, or never come.
        func rename(_ tenant: String) async throws -> (ContinuousClock.Instant, response: Task<Void, any Error>) {
            let (client, admin) = (writer.client, stack.admin)
            let response = Task {
                try await client.patch("/tenants/\(tenant)", ["name": "after"], token: admin).expect(204)
                return
            }
            let database = try stack.data.database(.tenantManagement)
            try await eventually("the change is committed") {
                try await database.count(
                    "SELECT count(*) FROM main.tenants WHERE id = $1::uuid AND name = 'after'", [.text(tenant)]) == 1
            }
            return (.now, response)
        }

        /// Reads until a second after the bound.
        /// - Returns: How long after the commit the last request began that was answered with the old row.
        func staleness(
            of tenant: String, since commit: ContinuousClock.Instant, on nodes: [Node]
        ) async throws -> Duration {
            var staleness = Duration.zero
            while commit.duration(to: .now) < EntityCache.maximumAge + .seconds(1) {
                for node in nodes {
                    let start = ContinuousClock.now
                    if try await name(of: tenant, on: node) != "after" {
                        staleness = max(staleness, commit.duration(to: start))
                    }
                }
                try await Task.sleep(for: .milliseconds(20))
            }
            return staleness
        }

        /// Renames a tenant on the writer while its packets to Redis get lost, interrupts the writer after the commit, and
        /// expects that the reader keeps the bound.
        /// - Returns: The writer's response, which may never come.
        func expectBound(
            of tenant: String, afterInterrupting interrupt: (ArcProcess) async throws -> Void
        ) async throws -> Task<Void, any Error> {
            writer.silence()
            let (commit, response) = try await rename(tenant)
            try await interrupt(writer.process)
            let staleness = try await staleness(of: tenant, since: commit, on: [reader])
            #expect(staleness < EntityCache.maximumAge)
            return response
        }
    }

    private func run(_ body: (Nodes) async throws -> Void) async throws {
        let servers = try TestServers.current()
        let cuts = (NetworkCut(), NetworkCut())
        try await TCPProxy.run(to: servers.redisHost, servers.redisPort, inspector: { cuts.0.makeInspector() }) {
            first in
            try await TCPProxy.run(
                to: servers.redisHost, servers.redisPort, inspector: { cuts.1.makeInspector() }
            ) { second in
                try await ProcessStack.run { stack in
                    func node(_ proxy: TCPProxy, _ cut: NetworkCut) async throws -> Node {
                        let settings = ["REDIS_HOST": "127.0.0.1", "REDIS_PORT": "\(proxy.port)"]
                        return Node(
                            process: try await stack.start(.tenantManagement, settings), proxy: proxy, cut: cut)
                    }
                    try await body(
                        Nodes(
                            stack: stack, writer: try await node(first, cuts.0), reader: try await node(second, cuts.1))
                    )
                }
            }
        }
    }

    @Test func `nothing is older than the bound while a node has lost Redis`() async throws {
        try await run { nodes in
            let losses: [(what: String, lose: () -> Void)] = [
                ("the writer's packets get lost", { nodes.writer.silence() }),
                ("the writer is disconnected", { nodes.writer.disconnect() }),
                ("the reader's packets get lost", { nodes.reader.silence() }),
                ("the reader is disconnected", { nodes.reader.disconnect() }),
                (
                    "nobody's packets arrive",
                    {
                        nodes.writer.silence()
                        nodes.reader.silence()
                    }
                ),
            ]
            for (what, lose) in losses {
                let tenant = try await nodes.cachedTenant()
                lose()
                let (commit, response) = try await nodes.rename(tenant)
                let staleness = try await nodes.staleness(
                    of: tenant, since: commit, on: [nodes.reader, nodes.writer])
                #expect(staleness < EntityCache.maximumAge, "\(what)")
                try await response.value
                for node in [nodes.writer, nodes.reader] {
                    try await node.reconnect()
                    #expect(try await nodes.name(of: tenant, on: node) == "after", "\(what), and Redis is back")
                }
            }
        }
    }

    @Test func `nothing is older than the bound after a node without Redis was killed`() async throws {
        try await run { nodes in
            let tenant = try await nodes.cachedTenant()
            // What the writer remembers for Redis ends with it.
            _ = try await nodes.expectBound(of: tenant, afterInterrupting: { try await $0.kill() }).result
            nodes.writer.cut.setSilent(false)
            try await nodes.writer.process.start()
            for node in [nodes.writer, nodes.reader] {
                #expect(try await nodes.name(of: tenant, on: node) == "after")
            }
        }
    }

    @Test func `a node that was frozen answers nothing that is older than the bound`() async throws {
        try await run { nodes in
            // The writer, after its commit and before Redis knows of it.
            let first = try await nodes.cachedTenant()
            let response = try await nodes.expectBound(of: first, afterInterrupting: { try await $0.freeze() })
            nodes.writer.process.resume()
            try await response.value
            #expect(try await nodes.name(of: first, on: nodes.writer) == "after")
            try await nodes.writer.reconnect()

            // The reader, with the old row in its memory; the request waits for it.
            let second = try await nodes.cachedTenant()
            try await nodes.reader.process.freeze()
            try await nodes.rename(second).response.value
            try await Task.sleep(for: EntityCache.maximumAge)
            let (client, admin) = (nodes.reader.client, nodes.stack.admin)
            async let read = client.get("/tenants/\(second)", token: admin)
            // Time for the request to arrive before the process goes on. Without it the test is easier, and still right.
            try await Task.sleep(for: .milliseconds(200))
            nodes.reader.process.resume()
            #expect(try await read.expect(200).json["name"] == "after")
        }
    }
}
