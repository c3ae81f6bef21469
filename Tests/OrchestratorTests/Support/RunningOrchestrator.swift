import Configuration
import ConfigurationChecks
import MessageBus
import PostgresTestSupport
import ServiceKit
import Testing

@testable import Orchestrator

/// Runs the whole service on the machine's clock for the length of the body.
/// - Parameter environment: Variables over those that make tests easy.
func withOrchestrator(
    _ world: TestWorld, callbackURL: String, bus: InProcessConnector, environment: [String: String] = [:],
    _ body: (_ port: Int) async throws -> Void
) async throws {
    let reader = try EnvironmentReader.make(
        folder: "/nowhere",
        environment: try orchestratorEnvironment(world, callbackURL: callbackURL).merging(environment) { $1 })
    let service = try await OrchestratorApp.make(reader: reader, bus: .inProcess(bus), logger: testLogger)
    let (ports, listening) = AsyncStream<Int>.makeStream()
    let running = Task { try await service.run(signals: [], onListening: { listening.yield($0) }) }
    try await withCleanup {
        var iterator = ports.makeAsyncIterator()
        try await body(try #require(await iterator.next()))
    } cleanup: {
        running.cancel()
        _ = await running.result
    }
}

private func orchestratorEnvironment(_ world: TestWorld, callbackURL: String) throws -> [String: String] {
    let server = try PostgresTestServer.current()
    return [
        "PORT": "0", "DATA_ENCRYPTION_KEY": TestWorld.encryptionKey, "TENANT_MANAGEMENT_URL": callbackURL,
        "DB_HOST": server.host, "DB_PORT": server.port, "DB_USER": "orchestrator_app", "DB_DATABASE": world.database,
        "PROVISIONER_DB_HOST": server.host, "PROVISIONER_DB_PORT": server.port,
        "PROVISIONER_DB_USER": world.provisioner,
        "PROVISIONER_DB_DATABASE": world.applicationDatabase, "CALLBACK_BACKOFF_MILLIS": "20",
        "ACCESS_LOG": "false", "SHUTDOWN_SECONDS": "5",
    ].merging(PatientDatabase.settings()) { $1 }
}
