import Foundation
import JSONCoding
import PostgresClient
import PostgresTestSupport
import RedisTestSupport
import StackTestSupport
import Testing

/// What happens when a process, Redis or PostgreSQL goes away at the worst moment.
@Suite(.serialized) struct CrashTests {
    @Test func `a killed tenant management loses no tenant and provisions each one once`() async throws {
        try await ProcessStack.run { stack in
            let service = try await stack.start(.tenantManagement, TableGate.patience)
            _ = try await stack.start(.orchestrator)
            let client = service.client
            let admin = stack.admin
            let answers = Mutexed<[(status: Int?, key: String)]>([])
            let create = { @Sendable (count: Int) async in
                _ = await concurrently(count, width: 40) { _ in
                    let key = TestStack.uniqueKey()
                    let answer = try? await client.post(
                        "/tenants", .object(TestStack.tenantBody(key: key)), token: admin)
                    answers.withLock { $0.append((answer?.status, key)) }
                }
            }
            await create(40)
            // While their events and callbacks are on their way, and further requests are at work in the database.
            try await TableGate.kill(service, try stack.data.database(.tenantManagement)) { await create(160) }
            let created = answers.withLock { $0.filter { $0.status == 201 }.map(\.key) }
            #expect(answers.withLock { $0.count } == 200)
            #expect(created.count == 40, "none of those was answered that were at work at the kill")

            try await service.start()
            try await stack.waitUntilAllAreActive()
            let tenants = try await stack.tenants()
            #expect(created.allSatisfy { tenants[$0] == 0 }, "every 201 has its row")
            #expect(tenants.count > created.count, "some were committed after the death of the process")
            #expect(stack.executions() == tenants.mapValues { _ in 1 }, "exactly one effective provisioning each")
            let database = try stack.data.database(.tenantManagement)
            #expect(
                try await database.count(
                    "SELECT count(*) FROM (SELECT tenant_id FROM main.provisionings WHERE status = 1 GROUP BY 1 HAVING count(*) = 1) AS t"
                )
                    == tenants.count)
            #expect(try await database.count("SELECT count(*) FROM main.contacts") == tenants.count)
            #expect(try await database.count("SELECT count(*) FROM main.outbox WHERE state = 2") == 0)
        }
    }

    @Test func `two relays and two orchestrators have no duplicate effect`() async throws {
        try await ProcessStack.run { stack in
            let nodes = [try await stack.start(.tenantManagement), try await stack.start(.tenantManagement)]
            _ = try await stack.start(.orchestrator)
            _ = try await stack.start(.orchestrator)
            let clients = nodes.map(\.client)
            let admin = stack.admin
            let statuses = await concurrently(100, width: 16) { index in
                let body = JSONValue.object(TestStack.tenantBody())
                return try? await clients[index % 2].post("/tenants", body, token: admin).status
            }
            #expect(statuses.allSatisfy { $0 == 201 })
            try await stack.waitUntilAllAreActive()
            let tenants = try await stack.tenants()
            #expect(tenants.count == 100)
            #expect(stack.executions() == tenants.mapValues { _ in 1 })
            let orchestrator = try stack.data.database(.orchestrator)
            #expect(try await orchestrator.count("SELECT count(*) FROM main.provisioning_runs") == 100)
            #expect(
                try await orchestrator.count(
                    "SELECT count(*) FROM main.provisioning_runs WHERE callback_state <> 'delivered'") == 0)
            let bus = try stack.data.database(.messageBus)
            #expect(try await bus.count("SELECT count(*) FROM main.messages WHERE type = 'TENANT_PROVISIONING'") == 100)
        }
    }

    @Test func `duplicated deliveries have no second effect`() async throws {
        try await ProcessStack.run { stack in
            let service = try await stack.start(.tenantManagement)
            _ = try await stack.start(.orchestrator)
            for _ in 0..<5 { #expect(await stack.create(service.client).status == 201) }
            try await stack.waitUntilAllAreActive()
            for _ in 0..<3 { try await stack.data.redeliverEverything() }
            try await eventually("no run is at work") {
                try await stack.data.database(.orchestrator).count(
                    "SELECT count(*) FROM main.provisioning_runs WHERE callback_state <> 'delivered'") == 0
            }
            let tenants = try await stack.tenants()
            #expect(tenants.values.allSatisfy { $0 == 0 })
            #expect(stack.executions() == tenants.mapValues { _ in 1 })
            #expect(
                try await stack.data.database(.orchestrator).count("SELECT count(*) FROM main.provisioning_runs") == 5)
        }
    }

    @Test func `without Redis no request fails, and the cache is correct afterwards`() async throws {
        let redis = try await RedisServerProcess(RedisServerProcess.keepingData)
        var servers = try TestServers.current()
        servers.redisPort = "\(redis.port)"
        try await withCleanup {
            try await ProcessStack.run(on: servers) { stack in try await redisStory(stack, redis) }
        } cleanup: {
            try? await redis.stop()
        }
    }

    private func redisStory(_ stack: ProcessStack, _ redis: RedisServerProcess) async throws {
        let nodes = [try await stack.start(.tenantManagement), try await stack.start(.tenantManagement)]
        let clients = nodes.map(\.client)
        let admin = stack.admin
        var ids: [String] = []
        for _ in 0..<6 {
            ids.append(
                try await clients[0].post("/tenants", .object(TestStack.tenantBody()), token: admin).expect(201).string(
                    "id"))
        }
        let tenants = ids
        // Each tenant has one writer, who must always read what was written; the others read on both nodes.
        let problems = Mutexed<[String]>([])
        let isOver = Mutexed(false)
        let turns = Mutexed(0)
        async let load: Void = withTaskGroup(of: Void.self) { group in
            for (number, id) in tenants.enumerated() {
                group.addTask {
                    var turn = 0
                    while !isOver.withLock({ $0 }) {
                        turn += 1
                        turns.withLock { $0 += 1 }
                        let name = "Name \(number) \(turn)"
                        let node = clients[number % 2]
                        do {
                            try await node.patch("/tenants/\(id)", ["name": .string(name)], token: admin).expect(204)
                            let read = try await node.get("/tenants/\(id)", token: admin).expect(200)
                            if read.json["name"]?.stringValue != name {
                                problems.withLock {
                                    $0.append("read \(read.json["name"]?.stringValue ?? "?") after writing \(name)")
                                }
                            }
                            try await clients[(number + 1) % 2].get("/tenants/\(id)", token: admin).expect(200)
                        } catch {
                            problems.withLock { $0.append("\(error)") }
                        }
                    }
                }
            }
        }
        let goOn = { (name: String) in
            let before = turns.withLock { $0 }
            try await eventually("requests go on \(name)") { turns.withLock { $0 } > before + 5 * tenants.count }
        }
        for _ in 0..<2 {
            try await goOn("with Redis")
            try await redis.stop()
            try await goOn("without Redis")
            try await redis.start()
        }
        try await goOn("with Redis again")
        isOver.withLock { $0 = true }
        await load
        #expect(problems.withLock { $0.prefix(5).joined(separator: "\n") } == "")

        // Afterwards every node, and one whose cache is empty, answers what the database holds.
        let fresh = try await stack.start(.tenantManagement).client
        let rows = try await stack.data.database(.tenantManagement).query("SELECT id::text, name FROM main.tenants")
            .rows
        for row in rows {
            let (id, name) = (try row.text(0), try row.text(1))
            for client in clients + [fresh] {
                try await eventually("the cache has \(name)") {
                    try await client.get("/tenants/\(id)", token: admin).expect(200).json["name"]?.stringValue == name
                }
            }
        }
    }

    @Test func `the pool survives a restart of PostgreSQL`() async throws {
        try await PostgresCluster.with(usesTCP: true) { postgres in
            var servers = try TestServers.current()
            servers.postgres = PostgresTestServer(
                host: "127.0.0.1", port: "\(try #require(postgres.port))", user: "postgres")
            try await ProcessStack.run(on: servers) { stack in try await postgresStory(stack, postgres) }
        }
    }

    private func postgresStory(_ stack: ProcessStack, _ postgres: PostgresCluster) async throws {
        let service = try await stack.start(.tenantManagement)
        // What it worked on when the database went away is taken up again after the lease.
        let orchestrator = try await stack.start(.orchestrator, ["PROVISIONING_LEASE_MILLIS": "5000"])
        let client = service.client
        let admin = stack.admin
        let answers = Mutexed<[(status: Int?, key: String)]>([])
        let isOver = Mutexed(false)
        async let load: Void = withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    while !isOver.withLock({ $0 }) {
                        let key = TestStack.uniqueKey()
                        let answer = try? await client.post(
                            "/tenants", .object(TestStack.tenantBody(key: key)), token: admin)
                        answers.withLock { $0.append((answer?.status, key)) }
                        if answer?.status != 201 { try? await Task.sleep(for: .milliseconds(50)) }
                    }
                }
            }
        }
        try await eventually("some tenants are created") { answers.withLock { $0.count { $0.status == 201 } } >= 20 }
        try await postgres.crash()
        try await eventually("requests fail") { answers.withLock { $0.contains { $0.status == 503 } } }
        let before = answers.withLock { $0.count { $0.status == 201 } }
        try await postgres.start()
        try await eventually("tenants are created again") {
            answers.withLock { $0.count { $0.status == 201 } } >= before + 20
        }
        isOver.withLock { $0 = true }
        await load
        let statuses = Set(answers.withLock { $0.map(\.status) })
        // 504: the change was sent, and PostgreSQL ended before it answered.
        #expect(statuses.isSubset(of: [201, 503, 504]), "\(statuses)")
        #expect(service.isRunning && orchestrator.isRunning)

        let created = answers.withLock { $0.filter { $0.status == 201 }.map(\.key) }
        try await stack.waitUntilAllAreActive()
        let tenants = try await stack.tenants()
        #expect(created.allSatisfy { tenants[$0] == 0 }, "every 201 has its row")
        // A command that ran while the database crashed may have to run again; its effect is the tenant's all the same.
        #expect(Set(stack.executions().keys) == Set(tenants.keys))
        try await eventually("the service is ready") { try await client.get("/health/ready").status == 200 }
    }

    @Test func `SIGTERM ends every service in time and with success`() async throws {
        try await ProcessStack.run { stack in
            let service = try await stack.start(.tenantManagement)
            let orchestrator = try await stack.start(.orchestrator)
            #expect(await stack.create(service.client).status == 201)
            #expect(try await orchestrator.stop() == 0)
            #expect(try await service.stop() == 0)
        }
    }
}
