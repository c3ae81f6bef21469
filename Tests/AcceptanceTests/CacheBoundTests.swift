import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceKit
import StackTestSupport
import Testing

/// The bound on the age of cached bodies, whatever happens between a writer and Redis. Each test reads until a body is
/// cached, changes the row, lets the bound pass and reads once: how fast the machine is does not matter. Nodes that are
/// killed, frozen or lose packets: `CacheCutTests`.
@Suite struct CacheBoundTests {
    /// A node that changes rows and one that has them cached, each with its own account.
    private struct Nodes {
        let stack: TestStack
        let writer: RunningService
        let writerAccount: RedisAccount
        let reader: RunningService
        let readerAccount: RedisAccount

        /// Reads a row until it must be cached.
        func cache(_ path: String) async throws {
            for _ in 0..<3 {
                for node in [writer, reader] { try await node.client.get(path, token: stack.admin).expect(200) }
            }
        }

        /// Waits until nothing may be older than what was committed before.
        func letTheBoundPass() async throws { try await Task.sleep(for: EntityCache.maximumAge) }

        func redis(_ node: RunningService) async throws -> (status: String?, redis: String?) {
            let health = try await node.client.get("/health/ready").expect(200).json
            return (health["status"]?.stringValue, health["checks"]?["redis"]?.stringValue)
        }
    }

    private func run(
        _ kind: TestStack.ServiceKind = .tenantManagement, _ body: (Nodes) async throws -> Void
    ) async throws {
        let servers = try TestServers.current()
        try await RedisAccount.with(servers) { writerAccount in
            try await RedisAccount.with(servers) { readerAccount in
                try await TestStack.run([kind], environment: writerAccount.environment) { stack in
                    let reader = try await stack.startNode(kind, environment: readerAccount.environment)
                    guard let writer = stack.node(kind) else { throw TestFailure("no node") }
                    try await body(
                        Nodes(
                            stack: stack, writer: writer, writerAccount: writerAccount, reader: reader,
                            readerAccount: readerAccount))
                }
            }
        }
    }

    @Test func `a node that is cut off from Redis is noticed by the others`() async throws {
        try await run { nodes in
            let admin = nodes.stack.admin
            let tenant = try await nodes.stack.createTenantID()
            try await nodes.cache("/tenants/\(tenant)")
            try await nodes.writerAccount.cutOff()
            try await nodes.writer.client.patch("/tenants/\(tenant)", ["name": "after"], token: admin).expect(204)
            try await nodes.letTheBoundPass()
            for node in [nodes.reader, nodes.writer] {
                let read = try await node.client.get("/tenants/\(tenant)", token: admin).expect(200)
                #expect(read.json["name"] == "after")
            }
            let (status, redis) = try await nodes.redis(nodes.writer)
            #expect(status == "degraded" && redis == "down")
            #expect(try await nodes.redis(nodes.reader).status == "ok")

            try await nodes.writerAccount.reconnect()
            try await eventually("Redis is back") { try await nodes.redis(nodes.writer).status == "ok" }
            let read = try await nodes.writer.client.get("/tenants/\(tenant)", token: admin).expect(200)
            #expect(read.json["name"] == "after")
        }
    }

    @Test func `Redis that answers but refuses writes makes nobody read old bodies`() async throws {
        try await run { nodes in
            let admin = nodes.stack.admin
            let tenant = try await nodes.stack.createTenantID()
            try await nodes.cache("/tenants/\(tenant)")
            for account in [nodes.writerAccount, nodes.readerAccount] { try await account.refuseWrites() }
            try await nodes.writer.client.patch("/tenants/\(tenant)", ["name": "after"], token: admin).expect(204)
            try await nodes.letTheBoundPass()
            for node in [nodes.reader, nodes.writer] {
                let read = try await node.client.get("/tenants/\(tenant)", token: admin).expect(200)
                #expect(read.json["name"] == "after")
                let (status, redis) = try await nodes.redis(node)
                #expect(status == "degraded" && redis == "read-only")
            }
            for account in [nodes.writerAccount, nodes.readerAccount] { try await account.takeWrites() }
            for node in [nodes.reader, nodes.writer] {
                try await eventually("Redis takes writes") { try await nodes.redis(node).status == "ok" }
                let read = try await node.client.get("/tenants/\(tenant)", token: admin).expect(200)
                #expect(read.json["name"] == "after")
            }
        }
    }

    /// As after a write whose outcome its node never learned, or by hand.
    @Test func `a change that no node has heard of is noticed by all`() async throws {
        try await run { nodes in
            let admin = nodes.stack.admin
            let changed = try await nodes.stack.createTenantID()
            let removed = try await nodes.stack.createTenantID()
            for tenant in [changed, removed] { try await nodes.cache("/tenants/\(tenant)") }
            let database = try nodes.stack.database(.tenantManagement)
            try await database.query(
                "UPDATE main.tenants SET name = 'after' WHERE id = $1::uuid", [.text(changed)])
            try await database.query("DELETE FROM main.contacts WHERE tenant_id = $1::uuid", [.text(removed)])
            try await database.query("DELETE FROM main.provisionings WHERE tenant_id = $1::uuid", [.text(removed)])
            try await database.query("DELETE FROM main.tenants WHERE id = $1::uuid", [.text(removed)])
            try await nodes.letTheBoundPass()
            for node in [nodes.reader, nodes.writer] {
                let read = try await node.client.get("/tenants/\(changed)", token: admin).expect(200)
                #expect(read.json["name"] == "after")
                try await node.client.get("/tenants/\(removed)", token: admin).expect(404)
            }
        }
    }

    @Test func `an invoice never has the price of before`() async throws {
        try await run(.subscription) { nodes in
            let admin = nodes.stack.admin
            let plan = try await nodes.stack.plan(tier: "PREMIUM")
            let subscriber = Identifier.v4().description
            func subscribe() async throws -> JSONValue {
                let created = try await nodes.reader.client.post(
                    "/subscriptions", ["subscriberId": .string(subscriber), "planId": .string(plan), "status": 0],
                    token: admin
                ).expect(201)
                let path = "/subscriptions/\(try created.string("id"))/invoice"
                return try await nodes.reader.client.get(path, token: admin).expect(200).json
            }
            try await nodes.writer.client.patch("/plans/\(plan)", ["price": 10], token: admin).expect(204)
            #expect(try await subscribe()["total"] == 1000)
            try await nodes.cache("/plans/\(plan)")
            try await nodes.writerAccount.cutOff()
            try await nodes.writer.client.patch("/plans/\(plan)", ["price": 20], token: admin).expect(204)
            #expect(try await subscribe()["total"] == 2000, "at once, while the old price is cached")

            let cached = try await nodes.reader.client.get("/plans/\(plan)", token: admin).expect(200)
            #expect(cached.json["price"] == 20, "who has found the price to be old has replaced it")
            try await nodes.writer.client.delete("/plans/\(plan)", token: admin).expect(204)
            let refused = try await nodes.reader.client.post(
                "/subscriptions", ["subscriberId": .string(subscriber), "planId": .string(plan), "status": 0],
                token: admin)
            #expect(refused.status == 404)
        }
    }
}
