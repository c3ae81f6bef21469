package import Configuration
import ConfigurationChecks
import Entities
package import Logging
package import MessageBus
import PostgresClient
package import Primitives
import RedisClient
package import ServiceKit
import ServiceLifecycle
import WorkQueue

/// Puts the subscription service together (`arc serve subscription`, port 3002).
package enum SubscriptionService {
    /// Builds the service from its configuration. Nothing is connected before it runs, or is first used.
    /// - Parameter bus: The message bus; nil to use the configured one.
    /// - Throws: a configuration failure that names the variable.
    package static func make(
        reader: ConfigReader, clock: any WallClock = SystemClock(), bus: MessageBusConnection? = nil, logger: Logger
    ) async throws -> HTTPService {
        let http = try ServiceConfiguration(reader: reader, defaultPort: 3002)
        let configuration = try SubscriptionConfiguration(reader: reader)
        let tokens = try TokenConfiguration(reader: reader)
        let database = ServiceDatabase(configuration: try PostgresConfiguration(reader: reader), logger: logger)
        let pool = database.pool
        let redis = RedisClient(configuration: try redisConfiguration(reader), logger: logger)
        let bus = try bus ?? MessageBusConnection.make(reader: reader, clock: clock, logger: logger)

        let verifier = await TokenVerifier(configuration: tokens, clock: clock)
        let authenticator = Authenticator(verifier: verifier)
        let keySet = KeySetLoader(tokens, verifier: verifier, logger: logger)
        let limiter = RateLimiter(redis: redis, prefix: reader.text("rate.limit.key.prefix") ?? "", clock: clock)
        let features = try SubscriptionFeatures(
            pool: pool, redis: redis, limits: try QueryLimits(reader: reader), configuration: configuration,
            clock: clock, logger: logger)

        let idempotency = try IdempotencyStore(
            pool: pool, secret: configuration.encryptionKey, reader: reader, clock: clock, logger: logger)
        var background: [any Service] = features.background
        background.append(RowChangeFollower(pool: database.changesPool, caches: features.caches, logger: logger))
        background.append(try IdempotencyKeyPurge(store: idempotency, reader: reader, clock: clock, logger: logger))
        background += bus.services
        let relay = OutboxRelay(
            pool: database.relayPool, connector: bus.connector, listener: database.configuration,
            configuration: try OutboxRelayConfiguration(reader: reader), clock: clock, logger: logger)
        background.append(relay)
        background.append(
            try bus.subscriber.subscribe(
                group: TenantAccessConsumer.group, types: [EventType.tenantAccessChanged],
                configuration: ConsumerConfiguration(),
                handler: TenantAccessConsumer(pool: pool, system: configuration.systemUser.scope, clock: clock).handle))
        if let keySet { background.append(keySet) }

        let base = BaseOperations(
            serviceName: "Subscription Service", greeting: "Hello from LoopBack",
            explorerAssets: ExplorerAssets(folder: http.explorerAssetsPath),
            checks: [
                database.check(),
                features.redisCheck,
                HealthCheck("messageBus", isRequired: false, isHealthy: bus.isHealthy),
                HealthCheck.deadLetters {
                    try await relay.deadLetterCount() + bus.deadLetterCount(TenantAccessConsumer.group)
                },
            ] + (keySet.map { [$0.healthCheck] } ?? []), clock: clock)
        return HTTPService(
            configuration: http, base: base,
            summary: "Plans, prices, billing cycles, and the subscriptions and invoices of tenants.",
            operations: features.operations, catalog: features.catalog, authenticator: authenticator,
            rateLimiter: limiter, idempotency: idempotency,
            tenantGate: TenantGate(lookup: BlockedTenants(pool: pool).isAdmitted),
            background: background,
            atEnd: {
                await bus.shutdown()
                await redis.shutdown()
                await database.shutdown()
            }, clock: clock, logger: logger)
    }

    /// The plan cache is in DB 1 (docs/contract/architecture.md) unless the configuration names another one.
    private static func redisConfiguration(_ reader: ConfigReader) throws(ConfigurationFailure) -> RedisConfiguration {
        let configuration = try RedisConfiguration(reader: reader)
        guard reader.text("redis.database") == nil, configuration.database == 0 else { return configuration }
        return configuration.with(database: 1)
    }
}
