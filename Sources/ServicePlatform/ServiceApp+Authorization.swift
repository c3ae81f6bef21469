package import Configuration
package import Logging
import MessageBus
import Primitives
import RedisClient
package import ServiceKit

extension ServiceApp {
    /// Explains what the service decides about a request, with its settings, keys, roles and database as they are now.
    /// - Throws: `ConfigurationFailure` that names the variable.
    package static func explainAuthorization(
        of method: String, _ path: String, token: String?, reader: ConfigReader, logger: Logger
    ) async throws -> AuthorizationExplanation {
        let operations = try await make(reader: reader, logger: logger).operations
        let (core, features) = try await assemble(reader: reader, clock: SystemClock(), bus: nil, logger: logger)
        let platform = core.platform
        await KeySetLoader(platform.tokens, verifier: platform.verifier, logger: logger)?.load()
        for follower in features.flatMap(\.background).compactMap({ $0 as? RoleFollower }) { await follower.look() }
        let examiner = AuthorizationExaminer(
            operations: operations, verifier: platform.verifier,
            authenticators: platform.authenticators(features),
            tenantGate: core.tenantGate)
        let explanation = await examiner.explain(method, path, token: token)
        for feature in features { await feature.shutdown() }
        await platform.bus.shutdown()
        await platform.redis.shutdown()
        await platform.database.shutdown()
        return explanation
    }
}
