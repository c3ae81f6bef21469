import Entities
import HTTPTypes
import JSONCoding
import Logging
import Primitives
import ServiceKit

/// Has the identity provider of a tenant set up (contract 5.8): the rules, and what callers are told when it fails.
struct FirstUserService: Sendable {
    let providers: IdentityProviders
    let repository: IdentityProviderRepository
    let logger: Logger

    /// - Parameters:
    ///   - body: The verified body.
    ///   - tenant: The tenant for which its signature stands.
    /// - Returns: The user's id at the provider; empty when the tenant names no provider that we set up.
    /// - Throws: 422, 409, 502 or 503; see ``failure(_:provider:)``.
    func setUp(_ body: JSONObject, tenant: Identifier) async throws -> String {
        guard let name = body["tenant"]?["identityProvider"]?.stringValue, let entry = providers[name] else {
            return ""
        }
        guard let key = try await repository.key(of: tenant) else { throw HTTPFailure.unauthorized }
        let user = try FirstUser(tenant: tenant, storedKey: key, body: body)
        switch entry {
        case .unconfigured(let missing):
            throw HTTPFailure(
                .unprocessableContent, name: "UnprocessableEntityError",
                message: .string(
                    "The identity provider \(name) is not configured: \(missing.joined(separator: ", ")) \(missing.count == 1 ? "is" : "are") not set."
                ), code: "IDENTITY_PROVIDER_NOT_CONFIGURED")
        case .configured(let provider):
            do {
                return try await provider.setUp(user)
            } catch let error as IdentityProviderFailure {
                logger.warning(
                    "An identity provider could not be set up",
                    metadata: ["provider": "\(name)", "tenantId": "\(tenant)", "error": "\(error)"])
                throw Self.failure(error, provider: name)
            }
        }
    }

    /// What the caller is told. Each answer says whether a repetition can help; none tells what the provider said.
    static func failure(_ failure: IdentityProviderFailure, provider: String) -> HTTPFailure {
        switch failure {
        case .unavailable(let step, _):
            HTTPFailure(
                .serviceUnavailable, name: "ServiceUnavailableError",
                message: .string(
                    "The identity provider \(provider) did not answer as it should while \(step). Repeat the call: what was done already is found again."
                ), code: "IDENTITY_PROVIDER_UNAVAILABLE", headers: [.retryAfter: "5"])
        case .denied(let step, let status):
            HTTPFailure(
                .badGateway, name: "BadGatewayError",
                message: .string(
                    "The identity provider \(provider) answered \(status) while \(step): the service's credentials or the configured address are not right."
                ), code: "IDENTITY_PROVIDER_DENIED")
        case .refused(let step, let status, let code):
            HTTPFailure(
                .unprocessableContent, name: "UnprocessableEntityError",
                message: .string(
                    "The identity provider \(provider) answered \(status)\(code.map { " (\($0))" } ?? "") while \(step)."
                ),
                code: "IDENTITY_PROVIDER_REFUSED")
        case .unusable(let path, let reason) where path.isEmpty: .unprocessable(reason)
        case .unusable(let path, let reason): .invalidField(path, code: "unusable", reason)
        case .taken(let message): .conflict(message, code: "IDENTITY_PROVIDER_TAKEN")
        }
    }
}
