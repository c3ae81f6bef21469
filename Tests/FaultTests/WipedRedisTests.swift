import JSONCoding
import PostgresTestSupport
import RedisTestSupport
import StackTestSupport
import Testing

/// Provisionings while Redis loses everything.
@Suite struct WipedRedisTests {
    @Test(arguments: ["postgres", "bullmq"])
    func `a Redis that is wiped in the middle of provisionings strands nobody`(connector: String) async throws {
        let redis = try await RedisServerProcess(RedisServerProcess.keepingData)
        try await withCleanup {
            var servers = try TestServers.current()
            (servers.redisHost, servers.redisPort) = ("127.0.0.1", "\(redis.port)")
            try await ProcessStack.run(on: servers) { try await check($0, redis, connector) }
        } cleanup: {
            try? await redis.stop()
        }
    }

    private func check(_ stack: ProcessStack, _ redis: RedisServerProcess, _ connector: String) async throws {
        let work = try ProvisioningScript()
        defer { work.remove() }
        // No lease ends while the orchestrator is stopped.
        let bus = ["EVENT_CONNECTOR": connector, "PROVISIONING_LEASE_MILLIS": "600000"]
        let service = try await stack.start(.tenantManagement, bus)
        let orchestrator = try await stack.start(.orchestrator, work.settings.merging(bus) { $1 })
        work.hold()
        for _ in 0..<2 { #expect(await stack.create(service.client).status == 201) }
        try await eventually("two provisionings are under way") { work.starts() == 2 }
        // The event of the third is on the bus, and nobody has taken it.
        try await orchestrator.freeze()
        #expect(await stack.create(service.client).status == 201)
        let database = try stack.data.database(.tenantManagement)
        try await eventually("the event is published") {
            try await database.count(
                "SELECT count(*) FROM main.outbox WHERE type = 'TENANT_PROVISIONING' AND state <> 0") == 3
        }
        try await TestCommand.run(["redis-cli", "-p", "\(redis.port)", "FLUSHALL"])
        orchestrator.resume()
        work.release()
        try await stack.waitUntilAllAreActive()

        #expect(work.starts() == 3, "each was provisioned once")
        let control = try stack.data.database(.orchestrator)
        try await eventually("every report was accepted") {
            try await control.texts("SELECT DISTINCT callback_state FROM main.provisioning_runs") == ["delivered"]
        }
        #expect(try await control.count("SELECT count(*) FROM main.provisioning_runs") == 3)
        for client in [service.client, orchestrator.client] {
            try await eventually("nothing is left to do by hand") {
                try await client.get("/health/ready").json["status"]?.stringValue == "ok"
            }
        }
    }
}
