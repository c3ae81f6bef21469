import RedisClient
package import ServiceKit

/// Sessions of a service, with their connection to Redis.
package struct PlatformSessions: Sendable {
    package let configuration: SessionConfiguration
    package let access: SessionAccess
    package let authenticator: SessionAuthenticator
    /// The service's own connection, unless the sessions are in another database.
    private let ownClient: RedisClient?

    package init(_ configuration: SessionConfiguration, on platform: ServicePlatform) {
        self.configuration = configuration
        let shared = platform.redis
        ownClient =
            shared.configuration.database == configuration.redisDatabase
            ? nil
            : RedisClient(
                configuration: shared.configuration.with(database: configuration.redisDatabase),
                logger: platform.logger)
        access = SessionAccess(
            store: SessionStore(redis: ownClient ?? shared, keys: platform.encryptionKeys),
            cookies: configuration.cookies, csrf: CrossSiteTokens(keys: platform.encryptionKeys),
            origin: RequestOrigin(own: configuration.origin, others: platform.origins))
        authenticator = SessionAuthenticator(
            sessions: access, roles: platform.roles, revocations: platform.credentials.revokedTokens,
            clock: platform.clock)
    }

    /// Closes the connection, if it has one of its own.
    package func shutdown() async { await ownClient?.shutdown() }
}
