import MessageBus
import MessageBusTestSupport
import Primitives
import RedisClient
import RedisTestSupport
import TestSupport

@testable import MessageBusBullMQ

/// A bus on a Redis of its own that keeps everything on disk.
struct BullMQTestBus: ConformanceBus {
    let server: RedisServerProcess
    let bus: BullMQConnector

    static func with(
        _ change: (inout BullMQBusSettings) -> Void = { _ in }, _ body: (BullMQTestBus) async throws -> Void
    ) async throws {
        let server = try await RedisServerProcess(["--appendonly", "yes", "--appendfsync", "always"])
        let bus = try connector(server, change)
        do {
            try await body(BullMQTestBus(server: server, bus: bus))
        } catch {
            await bus.client.shutdown()
            throw error
        }
        await bus.client.shutdown()
    }

    /// Another connection to the bus.
    static func connector(
        _ server: RedisServerProcess, _ change: (inout BullMQBusSettings) -> Void = { _ in }
    ) throws -> BullMQConnector {
        var settings = BullMQBusSettings(
            name: try BullMQName(prefix: "{bull}", queue: "events"), registrationInterval: .milliseconds(200))
        change(&settings)
        return BullMQConnector(
            client: RedisClient(configuration: server.configuration, logger: testLogger), settings: settings,
            logger: testLogger)
    }

    var promises: BusPromises { BusPromises() }
    var documentedName: String? { "bullmq" }
    var connector: any EventConnector { bus }
    var subscriber: any EventSubscriber { bus }
    var deadLetters: any BusDeadLetters { bus }
    var backlog: any BusBacklog { bus }

    func setAway(_ isAway: Bool) async throws {
        if isAway { try await server.stop() } else { try await server.start() }
    }

    func doomedProcess() async throws -> DoomedProcess {
        let other = try Self.connector(server)
        return DoomedProcess(subscriber: other, kill: { await other.client.shutdown() })
    }
}
