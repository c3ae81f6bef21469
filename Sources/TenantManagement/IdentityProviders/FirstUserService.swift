import Entities
import JSONCoding
import Logging
import Primitives

/// Has the identity provider of a tenant set up.
struct FirstUserService: Sendable {
    let providers: IdentityProviders
    let repository: IdentityProviderRepository
    let logger: Logger

    /// - Parameters:
    ///   - body: The verified body.
    ///   - tenant: The tenant that the signature belongs to.
    /// - Returns: The user's id at the provider; empty when the tenant has no provider that the service sets up.
    /// - Throws: ``FirstUserError``; ``ValidationFailure``.
    func setUp(_ body: JSONObject, tenant: Identifier) async throws -> String {
        guard let name = body["tenant"]?["identityProvider"]?.stringValue, let entry = providers[name] else {
            return ""
        }
        guard let key = try await repository.key(of: tenant) else { throw FirstUserError.tenantNotFound }
        let user = try FirstUser(tenant: tenant, storedKey: key, body: body)
        switch entry {
        case .unconfigured(let missing):
            throw FirstUserError.notConfigured(provider: name, missing: missing)
        case .configured(let provider):
            do {
                let id = try await provider.setUp(user)
                try await repository.remember(
                    IdentityAccount(
                        tenant: tenant, key: key, provider: name, home: user.home, isSiloed: user.isSiloed, userID: id))
                return id
            } catch let error as IdentityProviderFailure {
                logger.warning(
                    "An identity provider could not be set up",
                    metadata: ["provider": "\(name)", "tenantId": "\(tenant)", "error": "\(error)"])
                throw FirstUserError.provider(name, error)
            }
        }
    }
}
