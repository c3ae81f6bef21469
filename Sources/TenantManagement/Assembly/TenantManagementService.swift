package import Configuration
import ConfigurationChecks
import Entities
package import Logging
package import MessageBus
import NIOCore
import PostgresClient
package import Primitives
import RedisClient
package import ServiceKit
import ServiceLifecycle
import WorkQueue

/// Puts tenant management together (`arc serve tenant-management`, port 3005).
package enum TenantManagementService {
    /// Builds the service from its configuration. Nothing is connected before it runs, or is first used.
    /// - Parameter bus: The message bus; nil to use the configured one.
    /// - Throws: a configuration failure that names the variable.
    package static func make(
        reader: ConfigReader, clock: any WallClock = SystemClock(), bus: MessageBusConnection? = nil, logger: Logger
    ) async throws -> HTTPService {
        let http = try ServiceConfiguration(reader: reader, defaultPort: 3005)
        let configuration = try TenantManagementConfiguration(reader: reader)
        let tokens = try TokenConfiguration(reader: reader)
        let database = ServiceDatabase(configuration: try PostgresConfiguration(reader: reader), logger: logger)
        let pool = database.pool
        let redis = RedisClient(configuration: try RedisConfiguration(reader: reader), logger: logger)
        let bus = try bus ?? MessageBusConnection.make(reader: reader, clock: clock, logger: logger)

        let verifier = await TokenVerifier(configuration: tokens, clock: clock)
        let authenticator = Authenticator(verifier: verifier)
        let keySet = KeySetLoader(tokens, verifier: verifier, logger: logger)
        let limiter = RateLimiter(redis: redis, prefix: reader.text("rate.limit.key.prefix") ?? "", clock: clock)
        let features = try await Features(
            pool: pool, redis: redis, limiter: limiter, reader: reader, configuration: configuration, tokens: tokens,
            clock: clock, logger: logger)

        let idempotency = try IdempotencyStore(
            pool: pool, secret: configuration.encryptionKey, reader: reader, clock: clock, logger: logger)
        var background: [any Service] = [
            features.cache,
            RowChangeFollower(
                pool: database.changesPool, caches: [Tenant.entity.table: features.cache], logger: logger),
            features.notifications, features.watchdog, features.leadRetention,
            try IdempotencyKeyPurge(store: idempotency, reader: reader, clock: clock, logger: logger),
        ]
        background += bus.services
        let relay = OutboxRelay(
            pool: database.relayPool, connector: bus.connector, listener: database.configuration,
            configuration: try OutboxRelayConfiguration(reader: reader, inboxRetention: .seconds(30 * 86_400)),
            clock: clock, logger: logger)
        background.append(relay)
        background.append(
            try bus.subscriber.subscribe(
                group: SubscriptionActivatedConsumer.group, types: [EventType.subscriptionActivated],
                configuration: ConsumerConfiguration(), handler: features.subscriptionActivated.handle))
        if let keySet { background.append(keySet) }

        let base = BaseOperations(
            serviceName: "Tenant Management Service", greeting: "Hello from LoopBack",
            explorerAssets: ExplorerAssets(folder: http.explorerAssetsPath),
            checks: [
                database.check(),
                features.cache.healthCheck,
                HealthCheck("messageBus", isRequired: false, isHealthy: bus.isHealthy),
                HealthCheck.deadLetters {
                    try await relay.deadLetterCount() + bus.deadLetterCount(SubscriptionActivatedConsumer.group)
                },
            ] + (keySet.map { [$0.healthCheck] } ?? []), clock: clock)
        return HTTPService(
            configuration: http, base: base,
            summary:
                "Leads, tenants, contacts, provisioning and its callback: the control plane's customer records.",
            operations: features.operations, catalog: features.catalog, authenticator: authenticator,
            rateLimiter: limiter, idempotency: idempotency,
            tenantGate: TenantGate(lookup: TenantAdmission(pool: pool).isAdmitted),
            background: background,
            atEnd: {
                await features.identityProviders.shutdown()
                await bus.shutdown()
                await redis.shutdown()
                await database.shutdown()
            }, clock: clock, logger: logger)
    }
}
