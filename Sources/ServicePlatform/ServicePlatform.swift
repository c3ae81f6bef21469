package import Configuration
package import ConfigurationChecks
package import Entities
package import Logging
package import MessageBus
import OpenTelemetry
package import PostgresClient
package import Primitives
package import RedisClient
package import Sealing
package import ServiceKit
import ServiceMetrics

/// What the services that own entities have in common: their database, Redis, the bus with its outbox relay, tokens, rate
/// limits, idempotency keys, clock and logger.
package struct ServicePlatform: Sendable {
    /// The differences between services.
    package struct Profile: Sendable {
        /// The name as people read it, such as `Tenant Management Service`.
        package let serviceName: String
        /// Paragraph for the OpenAPI document.
        package let summary: String
        package let defaultPort: Int
        /// The logical database of Redis unless the configuration names another one.
        package let redisDatabase: Int
        /// How long the relay keeps the marks of handled events.
        package let inboxRetention: Duration
        /// Whether the service has operations for strangers and for callbacks, whose limits are settings.
        package let hasAttempts: Bool

        package init(
            serviceName: String, summary: String, defaultPort: Int, redisDatabase: Int = 0, inboxRetention: Duration,
            hasAttempts: Bool = false
        ) {
            self.serviceName = serviceName
            self.summary = summary
            self.defaultPort = defaultPort
            self.redisDatabase = redisDatabase
            self.inboxRetention = inboxRetention
            self.hasAttempts = hasAttempts
        }
    }

    package let profile: Profile
    package let reader: ConfigReader
    package let clock: any WallClock
    package let logger: Logger
    package let tokens: TokenConfiguration
    /// Encrypts secrets at rest, and the stored responses of requests with an idempotency key.
    package let encryptionKeys: EncryptionKeys
    /// The author of changes that no request makes.
    package let systemUser: SystemUser
    package let queryLimits: QueryLimits
    package let database: ServiceDatabase
    package let redis: RedisClient
    package let bus: MessageBusConnection
    package let limiter: RateLimiter
    /// What the names of roles stand for.
    package let roles: RoleBook
    let consumerGroups = ConsumerGroups()
    let lag: EventLag
    let eventSecrets: EventSecrets
    let http: ServiceConfiguration
    let origins: AllowedOrigins
    /// API keys and revoked tokens.
    package let credentials: Credentials
    let verifier: TokenVerifier

    /// The settings of every service on a platform.
    package static let configurationKeys = ConfigurationKeys(combining: [
        RolesFile.configurationKeys,
        EncryptionKeys.configurationKeys,
        ServiceConfiguration.configurationKeys,
        RateLimitRules.configurationKeys,
        TokenConfiguration.configurationKeys,
        SystemUser.configurationKeys,
        QueryLimits.configurationKeys,
        PostgresConfiguration.configurationKeys
            .checking { (reader) throws(ConfigurationFailure) in try PostgresConfiguration.check(reader) },
        ReplicaConfiguration.configurationKeys
            .checking { (reader) throws(ConfigurationFailure) in _ = try ReplicaConfiguration(reader: reader) },
        RedisConfiguration.configurationKeys
            .checking { (reader) throws(ConfigurationFailure) in _ = try RedisConfiguration(reader: reader) },
        BusConnectors.configurationKeys,
        OutboxRelayConfiguration.configurationKeys,
        EventLag.configurationKeys,
        EventSecrets.configurationKeys,
        IdempotencyStore.configurationKeys,
        ServiceTelemetry.configurationKeys,
        IdempotencyKeyPurge.configurationKeys,
        Credentials.configurationKeys,
        TracingConfiguration.configurationKeys,
    ])

    /// The connections to the database for requests.
    package var pool: PostgresPool { database.pool }

    /// Reads the common configuration. Nothing is connected before it is first used.
    /// - Parameter bus: The message bus; nil to use the configured one.
    /// - Throws: `ConfigurationFailure` that names the variable.
    package init(
        _ profile: Profile, reader: ConfigReader, clock: any WallClock, bus: MessageBusConnection?, logger: Logger
    ) async throws {
        self.profile = profile
        self.reader = reader
        self.clock = clock
        self.logger = logger
        http = try ServiceConfiguration(reader: reader, defaultPort: profile.defaultPort)
        origins = AllowedOrigins(http.limits.allowedOrigins)
        tokens = try TokenConfiguration(reader: reader)
        encryptionKeys = try EncryptionKeys(reader: reader)
        systemUser = try SystemUser(reader: reader)
        queryLimits = try QueryLimits(reader: reader)
        database = ServiceDatabase(
            configuration: try PostgresConfiguration(reader: reader),
            replicas: try ReplicaConfiguration(reader: reader), logger: logger)
        var redisConfiguration = try RedisConfiguration(reader: reader)
        if try RedisConfiguration.namedDatabase(reader: reader) == nil, redisConfiguration.database == 0 {
            redisConfiguration = redisConfiguration.with(database: profile.redisDatabase)
        }
        redis = RedisClient("main", configuration: redisConfiguration, logger: logger)
        self.bus = try bus ?? BusConnectors.connect(reader: reader, clock: clock, logger: logger)
        eventSecrets = try EventSecrets(reader: reader)
        lag = try EventLag(reader: reader, clock: clock)
        limiter = RateLimiter(
            redis: redis, prefix: try RateLimitRules.keyPrefix(reader: reader), clock: clock,
            rules: try RateLimitRules(reader: reader, hasAttempts: profile.hasAttempts))
        roles = RoleBook(file: try RolesFile.roles(reader: reader))
        credentials = try Credentials(
            reader: reader, encryptionKeys: encryptionKeys, roles: roles, pool: database.pool, clock: clock,
            logger: logger)
        verifier = await TokenVerifier(
            configuration: tokens, clock: clock, roles: roles, revocations: credentials.revokedTokens)
    }

    /// The settings that can change while the service runs, beside those of every HTTP service.
    var reloadable: [ReloadableSetting] {
        [
            ReloadableSetting(
                "rate limits", current: { [limiter] in limiter.rules },
                read: { [profile] in try RateLimitRules(reader: $0, hasAttempts: profile.hasAttempts) },
                use: { [limiter] in limiter.use($0) }),
            ReloadableSetting(
                "roles", current: { [roles] in roles.file }, read: { try RolesFile.roles(reader: $0) },
                use: { [roles] in roles.replaceFile($0) }),
        ]
    }

    /// The rows of an entity.
    package func repository(_ entity: Entity, in catalog: EntityCatalog) -> EntityRepository {
        EntityRepository(pool: pool, entity: entity, catalog: catalog, clock: clock)
    }
}
