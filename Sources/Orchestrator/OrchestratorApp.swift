package import Configuration
package import Logging
package import MessageBus
import PostgresClient
package import Primitives
import Sealing
package import ServiceKit
import ServiceLifecycle

/// Puts the orchestrator together (`arc serve orchestrator`, port 3003): a worker with an HTTP side for events
/// from buses that deliver by HTTP, health and documents.
package enum OrchestratorApp {
    /// Builds the service from its configuration. Nothing is connected before it runs, or is first used.
    /// - Parameter bus: The message bus; nil to use the configured one.
    /// - Throws: a configuration failure that names the variable.
    package static func make(
        reader: ConfigReader, clock: any WallClock = SystemClock(), bus: MessageBusConnection? = nil, logger: Logger
    ) async throws -> HTTPService {
        let http = try ServiceConfiguration(reader: reader, defaultPort: 3003)
        let configuration = try OrchestratorConfiguration(reader: reader)
        let database = ServiceDatabase(configuration: try PostgresConfiguration(reader: reader), logger: logger)
        let pool = database.pool
        let bus = try bus ?? MessageBusConnection.make(reader: reader, clock: clock, logger: logger)
        let components = try OrchestratorComponents(
            configuration: configuration, reader: reader, pool: pool, clock: clock, logger: logger)

        let base = BaseOperations(
            serviceName: "Orchestrator Service", greeting: "Hello from Orchestrator Service.",
            explorerAssets: ExplorerAssets(folder: http.explorerAssetsPath),
            checks: [
                database.check(ProvisioningRunStatements.check),
                HealthCheck("messageBus", isRequired: true, isHealthy: bus.isHealthy),
                HealthCheck.deadLetters { try await bus.deadLetterCount(ProvisioningConsumer.group) },
            ] + components.checks, clock: clock)
        // No operation asks for a token, so the verifier has no keys and would refuse every one.
        let verifier = await TokenVerifier(configuration: TokenConfiguration(secret: nil, issuer: nil), clock: clock)
        return HTTPService(
            configuration: http, base: base,
            summary:
                "Takes provisioning events from the bus or over HTTP, makes what the tenant's tier needs, and calls back.",
            operations: components.events.operations,
            authenticator: Authenticator(verifier: verifier),
            rateLimiter: RateLimiter(redis: nil, prefix: "", clock: clock),
            background: bus.services + [
                components.worker, try components.consumer.service(on: bus.subscriber),
                InboxPurge(pool: pool, clock: clock, logger: logger),
            ],
            atEnd: {
                await components.shutdown()
                await bus.shutdown()
                await database.shutdown()
            }, clock: clock, logger: logger)
    }
}
