import Primitives
import WorkQueue

/// A place where the users of tenants are kept (docs/contract/arc-api.md 9.6).
///
/// Setting up is idempotent: what is there already is found again, and a repeated call answers the same user.
protocol IdentityProvider: Sendable {
    /// What `tenant.identityProvider` calls it.
    static var name: String { get }

    /// Creates what the tenant needs (organization or realm, client) and its first user.
    /// - Returns: The user's id at the provider.
    /// - Throws: ``IdentityProviderFailure``, or an error of the database.
    func setUp(_ user: FirstUser) async throws -> String

    /// Enables or disables a user: nobody can sign in with a disabled one. In a home of the tenant's own, that may be done for the
    /// home as a whole. A user who is not there any more is no error.
    /// - Throws: ``IdentityProviderFailure``.
    func setEnabled(_ isEnabled: Bool, _ account: IdentityAccount) async throws

    /// Removes what was set up for the tenant: its own home, or the user in a shared one.
    /// - Parameter isShared: Whether another tenant has the user too, who stays then.
    /// - Throws: ``IdentityProviderFailure``.
    func remove(_ account: IdentityAccount, isShared: Bool) async throws
}

/// Why an identity provider did not do what it was asked to. Never holds credentials, tokens or a provider's texts.
enum IdentityProviderFailure: Error, Sendable, Hashable {
    /// It does not respond, responds with a server error, or asks to wait: worth another attempt.
    case unavailable(step: String, reason: String)
    /// It does not accept the service's credentials, or another server is at the configured address.
    case denied(step: String, status: Int)
    /// It rejects the request.
    /// - Parameter code: Its own name for the reason, if it has one.
    case refused(step: String, status: Int, code: String?)
    /// The request cannot be carried out. `path` is a JSON pointer into the body; empty when it is about something else.
    case unusable(path: String, reason: String)
    /// The realm or organization belongs to somebody else.
    case taken(String)
}

extension IdentityProviderFailure: DependencyError, LoggableError {
    /// Whether the provider itself is away: it has said nothing about the request.
    var isDependencyUnavailable: Bool {
        if case .unavailable = self { true } else { false }
    }

    var description: String {
        switch self {
        case .unavailable(let step, let reason): "the identity provider is not available while \(step): \(reason)"
        case .denied(let step, let status): "the identity provider denies access (\(status)) while \(step)"
        case .refused(let step, let status, let code):
            "the identity provider rejects the request (\(status)\(code.map { " \($0)" } ?? "")) while \(step)"
        case .unusable(_, let reason): reason
        case .taken(let message): message
        }
    }
}

/// The providers that can be asked for by name.
struct IdentityProviders: Sendable {
    /// What is known of a provider.
    enum Entry: Sendable {
        case configured(any IdentityProvider)
        /// It could be used if these environment variables were set.
        case unconfigured(missing: [String])
    }

    private let entries: [String: Entry]
    private let http: IdentityProviderHTTP

    init(_ configuration: IdentityProviderConfiguration, repository: IdentityProviderRepository) {
        let http = IdentityProviderHTTP()
        self.http = http
        var entries: [String: Entry] = [:]
        switch configuration.auth0 {
        case .complete(let settings):
            entries[Auth0IdentityProvider.name] = .configured(
                Auth0IdentityProvider(
                    settings: settings, passwordLength: configuration.passwordLength, http: http, repository: repository
                ))
        case .missing(let names): entries[Auth0IdentityProvider.name] = .unconfigured(missing: names)
        }
        switch configuration.keycloak {
        case .complete(let settings):
            entries[KeycloakIdentityProvider.name] = .configured(
                KeycloakIdentityProvider(
                    settings: settings, passwordLength: configuration.passwordLength, http: http, repository: repository
                ))
        case .missing(let names): entries[KeycloakIdentityProvider.name] = .unconfigured(missing: names)
        }
        self.entries = entries
    }

    /// The provider of a name; nil for names that stand for none (`cognito`, anything else).
    subscript(name: String) -> Entry? { entries[name] }

    /// Closes the connections to all providers.
    func shutdown() async { await http.shutdown() }
}
