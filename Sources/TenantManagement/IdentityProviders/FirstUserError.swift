/// Why a tenant's first user cannot be set up.
enum FirstUserError: Error, Sendable, Hashable {
    /// The tenant does not exist any more.
    case tenantNotFound
    /// The tenant names a provider for which environment variables are missing.
    case notConfigured(provider: String, missing: [String])
    /// The provider did not do it.
    case provider(String, IdentityProviderFailure)
}
