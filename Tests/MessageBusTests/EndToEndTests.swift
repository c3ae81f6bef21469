import MessageBusTestSupport
import PostgresClient
import PostgresTestSupport
import Primitives
import ServiceLifecycle
import Synchronization
import Testing
import WorkQueue

@testable import MessageBus

/// Outbox, relays, PostgreSQL bus, consumers with an inbox: the whole way of an event.
@Suite(.timeLimit(.minutes(20)))
struct EndToEndTests {
    @Test func `two relays and two consumers have every effect once, in order for each tenant`() async throws {
        try await run(tenants: 20, perTenant: 50) { _, _ in }
    }

    @Test func `every effect happens once although connections are killed all the time`() async throws {
        try await run(tenants: 10, perTenant: 15) { service, bus in
            // Every connection of the runtime roles, whatever it is doing.
            for database in [service, bus] {
                try await database.admin.execute(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename LIKE 'message_bus%'
                    """)
            }
        }
    }

    private func run(
        tenants tenantCount: Int, perTenant: Int,
        disturb: @escaping @Sendable (_ service: BusDatabase, _ bus: BusDatabase) async throws -> Void
    ) async throws {
        try await BusDatabase.withOutbox { service in
            try await BusDatabase.withBus { busDatabase in
                let pool = service.runtime()
                let bus = busDatabase.bus()
                let relays = (0..<2).map { _ in
                    OutboxRelay(
                        pool: service.runtime(connections: 4), connector: bus, listener: service.configuration(),
                        configuration: OutboxRelayConfiguration(
                            batchSize: 16, lease: .seconds(2),
                            backOff: BackOff(initial: .milliseconds(5), maximum: .milliseconds(50)),
                            pollInterval: .seconds(1)),
                        logger: testLogger)
                }
                let consumers = try (0..<2).map { _ in
                    try bus.subscribe(
                        group: "effects", types: ["TENANT_CREATED"],
                        configuration: ConsumerConfiguration(
                            concurrency: 6, lease: .seconds(2),
                            backOff: BackOff(initial: .milliseconds(5), maximum: .milliseconds(50)),
                            maximumAttempts: 1000, pollInterval: .seconds(1))
                    ) { delivery in
                        try await Effects.applyInBatch(delivery.event, on: pool)
                    }
                }
                let tenants = (0..<tenantCount).map { _ in Identifier.v4() }
                let isOver = Mutex(false)
                let disturbance: @Sendable () async throws -> Void = {
                    while !isOver.withLock({ $0 }), !Task.isCancelled {
                        try await disturb(service, busDatabase)
                        // Some connections must live long enough to do something.
                        try await Task.sleep(for: .milliseconds(100))
                    }
                }
                var services = [disturbance]
                for relay in relays { services.append { await relay.run() } }
                for consumer in consumers { services.append { try await consumer.run() } }
                try await running(services) {
                    try await Self.write(tenants, perTenant, as: service)
                    let expected = tenantCount * perTenant
                    try await eventually("all effects are there") {
                        try await service.admin.count("SELECT count(*) FROM main.effects") >= expected
                    }
                    isOver.withLock { $0 = true }
                    try await eventually("nothing is under way any more") {
                        try await service.admin.count("SELECT count(*) FROM main.outbox WHERE state = 0") == 0
                    }
                    #expect(try await service.admin.count("SELECT count(*) FROM main.effects") == expected)
                    #expect(
                        try await service.admin.count("SELECT count(DISTINCT event_id) FROM main.effects") == expected)
                    let disordered = """
                        SELECT count(*) FROM (
                            SELECT number, row_number() OVER (PARTITION BY tenant_id ORDER BY place) - 1 AS wanted
                            FROM main.effects) AS effects
                        WHERE number <> wanted
                        """
                    #expect(try await service.admin.count(disordered) == 0)
                    #expect(try await service.admin.count("SELECT count(*) FROM main.outbox WHERE state = 2") == 0)
                    #expect(
                        try await busDatabase.admin.count("SELECT count(*) FROM main.deliveries WHERE state = 2") == 0)
                }
            }
        }
    }

    /// Four writers; each tenant's events are committed one after the other. As superuser's connections, which are not
    /// killed: what is tested is what happens after the commit.
    private static func write(_ tenants: [Identifier], _ perTenant: Int, as service: BusDatabase) async throws {
        try await withThrowingTaskGroup(of: Void.self) { writers in
            for writer in 0..<4 {
                writers.addTask {
                    for number in 0..<perTenant {
                        for index in stride(from: writer, to: tenants.count, by: 4) {
                            try await service.admin.commit(try numbered(number, of: tenants[index]))
                        }
                    }
                }
            }
            try await writers.waitForAll()
        }
    }
}
