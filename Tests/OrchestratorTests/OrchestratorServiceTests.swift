import AsyncHTTPClient
import JSONCoding
import MessageBus
import NIOCore
import NIOHTTP1
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceKit
import ServiceLifecycle
import Testing
import WorkQueue

@testable import Orchestrator

/// The whole service, with its loop, on the machine's clock.
@Suite(.serialized) struct OrchestratorServiceTests {
    @Test func `events from the bus are provisioned and reported`() async throws {
        try await TestWorld.with { world in
            try await Receiver.with({ $0 == 1 ? .status(503) : .status(204) }) { receiver, url in
                let bus = InProcessConnector(clock: SystemClock(), logger: testLogger)
                let tests = ["basic", "Premium", "nonsense"].map { tier in
                    var test = TestEvent(key: world.newKey())
                    test.tier = tier
                    return test
                }
                try await withOrchestrator(world, callbackURL: url, bus: bus) { _ in
                    for test in tests {
                        // Twice, as a bus may.
                        for _ in 0..<2 { _ = try await bus.publish([try test.envelope()]) }
                    }
                    try await eventually("all runs are reported") {
                        try await world.admin.count(
                            "SELECT count(*) FROM main.provisioning_runs WHERE callback_state = 'delivered'") == 3
                    }
                }
                #expect(try await world.admin.count("SELECT count(*) FROM main.provisioning_runs") == 3)
                #expect(try receiver.reports.count == 4)
                for (test, expected) in zip(tests, [1, 1, 0]) {
                    let reports = try receiver.reports.filter {
                        try $0.json["initiatorId"]?.stringValue == test.tenant.description
                    }
                    let report = try #require(reports.last)
                    #expect(try report.isSigned(for: test))
                    #expect(try report.json["data"]?["status"]?.intValue == expected)
                }
                try await world.asTenant(tests[0].key, database: world.applicationDatabase) { pool in
                    try await pool.execute("CREATE TABLE tenant_\(tests[0].key).orders (note text)")
                }
                try await world.asTenant(tests[1].key, database: "tenant_\(tests[1].key)") { pool in
                    try await pool.execute("CREATE TABLE tenant_\(tests[1].key).orders (note text)")
                }
            }
        }
    }

    @Test func `the orchestrator has its pages and health reports`() async throws {
        try await TestWorld.with { world in
            let bus = InProcessConnector(clock: SystemClock(), logger: testLogger)
            try await withOrchestrator(world, callbackURL: "http://127.0.0.1:1", bus: bus) { port in
                let ping = try await get(port, "/ping")
                #expect(ping.status == 200)
                #expect(ping.body["greeting"] == "Hello from Orchestrator Service.")
                let ready = try await get(port, "/health/ready")
                #expect(ready.status == 200)
                #expect(
                    ready.body["checks"] == [
                        "postgres": "up", "messageBus": "up", "deadLetters": "up", "eventLag": "up",
                        "stuckRuns": "up", "applicationDatabase": "up", "dataServers": "up", "oldCopies": "up",
                    ])
                let document = try await get(port, "/openapi.json")
                let paths = Set(document.body["paths"]?.objectValue?.keys ?? [])
                #expect(
                    paths == [
                        "/", "/ping", "/health/live", "/health/ready", "/openapi.json", "/openapi.yaml", "/explorer",
                        "/explorer/{asset}", "/event-bridge/events/{eventType}",
                    ])
                #expect(try await get(port, "/webhook").status == 404)
            }
        }
    }

    @Test func `a run that the shutdown interrupts is released`() async throws {
        try await TestWorld.with(application: false) { world in
            try await withClient { client in
                let (started, start) = AsyncStream<Void>.makeStream()
                let provisioner = ScriptedProvisioner { _ throws(ProvisioningFailure) in
                    start.yield()
                    try? await Task.sleep(for: .seconds(3600))
                    throw .transient("interrupted")
                }
                let worker = try worker(world, provisioner, client)
                let test = TestEvent(key: "acme")
                _ = try await world.repository().enqueue(try test.event())
                let running = Task { await worker.run() }
                var iterator = started.makeAsyncIterator()
                _ = await iterator.next()
                running.cancel()
                await running.value
                let run = try await world.run(of: test.tenant)
                #expect(run.state == "pending")
                #expect(run.attempts == 0)
                #expect(run.isUnfinished && !run.isClaimed)
            }
        }
    }

    @Test func `a graceful shutdown lets a run finish`() async throws {
        try await TestWorld.with(application: false) { world in
            try await Receiver.with { receiver, url in
                try await withClient { client in
                    let (started, start) = AsyncStream<Void>.makeStream()
                    let (released, release) = AsyncStream<Void>.makeStream()
                    let provisioner = ScriptedProvisioner { _ throws(ProvisioningFailure) in
                        start.yield()
                        for await _ in released { break }
                        return .provisioned([], appPlaneURL: nil)
                    }
                    let worker = try worker(world, provisioner, client, callbackURL: url + "/webhook")
                    let test = TestEvent(key: "acme")
                    _ = try await world.repository().enqueue(try test.event())
                    let group = ServiceGroup(
                        configuration: .init(services: [.init(service: worker)], logger: testLogger))
                    let running = Task { try await group.run() }
                    var iterator = started.makeAsyncIterator()
                    _ = await iterator.next()
                    await group.triggerGracefulShutdown()
                    release.yield()
                    try await running.value
                    #expect(try await world.run(of: test.tenant).callbackState == "delivered")
                }
            }
        }
    }

    @Test func `a lost lease ends the work`() async throws {
        try await TestWorld.with(application: false) { world in
            try await withClient { client in
                let (events, event) = AsyncStream<String>.makeStream()
                let provisioner = ScriptedProvisioner { _ throws(ProvisioningFailure) in
                    event.yield("started")
                    try? await Task.sleep(for: .seconds(3600))
                    event.yield("ended")
                    throw .transient("interrupted")
                }
                let worker = try worker(world, provisioner, client, lease: .seconds(6))
                let test = TestEvent(key: "acme")
                _ = try await world.repository().enqueue(try test.event())
                let running = Task { await worker.run() }
                var iterator = events.makeAsyncIterator()
                #expect(await iterator.next() == "started")
                // Somebody else takes it.
                try await world.admin.execute(
                    "UPDATE main.provisioning_runs SET claim = gen_random_uuid(), due_at = now() + interval '100 years'"
                )
                #expect(await iterator.next() == "ended")
                running.cancel()
                await running.value
                #expect(try await world.run(of: test.tenant).isClaimed)
            }
        }
    }

    // MARK: Helpers

    private func worker(
        _ world: TestWorld, _ provisioner: any Provisioner, _ client: JSONPoster,
        callbackURL: String = "http://127.0.0.1:1/webhook", lease: Duration = .seconds(15)
    ) throws -> LeasedWorker<ProvisioningRunStore> {
        let policy = RunPolicy(lease: lease, drainTimeout: .seconds(60))
        let processor = try world.processor(provisioner, callbackURL: callbackURL, client: client, policy: policy)
        let store = ProvisioningRunStore(repository: world.repository(), tiers: processor.tiers)
        return LeasedWorker(store: store, configuration: policy.worker, logger: testLogger) { run in
            .done(await processor.advance(run))
        }
    }

    private func get(_ port: Int, _ path: String) async throws -> (status: Int, body: JSONValue) {
        let response = try await HTTPClient.shared.execute(
            HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)"), timeout: .seconds(120))
        let body = try await response.body.collect(upTo: 1 << 20)
        return (Int(response.status.code), (try? JSONValue.parse(Array(body.readableBytesView))) ?? nil)
    }
}
