import JSONCoding
import Primitives

/// Sets tenants up in Auth0 (docs/contract/arc-api.md 9.6): an organization for each PREMIUM tenant and one for each
/// other tier, and the first user as its member. What they look like is the tenant's setting `auth0`.
struct Auth0IdentityProvider: IdentityProvider {
    static let name = "auth0"
    /// Where an organization says whose it is: a tenant's id, or `shared`.
    private static let ownerKey = "arcTenantId"
    private static let shared = "shared"

    let settings: IdentityProviderConfiguration.Auth0
    let passwordLength: Int
    let http: IdentityProviderHTTP
    let repository: IdentityProviderRepository

    func setUp(_ user: FirstUser) async throws -> String {
        guard let stored = try await repository.config(Self.name, of: user.tenant) else {
            throw IdentityProviderFailure.unusable(
                path: "", reason: "The tenant has no setting \"auth0\"; POST /tenant-configs makes one.")
        }
        let config = try Auth0TenantConfig(stored)
        let management = try await Auth0Management.signIn(settings, http: http)
        let organization = try await organization(of: user, config, management)
        let id = try await account(of: user, config, management)
        try await management.addMember(id, to: organization)
        return id
    }

    func setEnabled(_ isEnabled: Bool, _ account: IdentityAccount) async throws {
        let management = try await Auth0Management.signIn(settings, http: http)
        try await management.updateUser(account.userID, ["blocked": .bool(!isEnabled)])
    }

    func remove(_ account: IdentityAccount, isShared: Bool) async throws {
        let management = try await Auth0Management.signIn(settings, http: http)
        if account.isSiloed, let organization = try await management.organization(account.home),
            organization.metadata[Self.ownerKey]?.stringValue == account.tenant.description
        {
            try await management.deleteOrganization(organization.id)
        }
        if !isShared { try await management.deleteUser(account.userID) }
    }

    private func organization(
        of user: FirstUser, _ config: Auth0TenantConfig, _ management: Auth0Management
    ) async throws(IdentityProviderFailure) -> String {
        let owner = user.isSiloed ? user.tenant.description : Self.shared
        if let found = try await management.organization(user.home) { return try checked(found, owner, user) }
        var body: JSONObject = [
            "name": .string(user.home),
            "display_name": .string(user.isSiloed ? config.displayName ?? user.tenantName : user.tier),
            "metadata": [Self.ownerKey: .string(owner)],
        ]
        // The look of one tenant is not for the others that share an organization.
        if user.isSiloed, let branding = config.branding { body["branding"] = branding }
        if let connections = config.enabledConnections { body["enabled_connections"] = connections }
        return try checked(try await management.createOrganization(.object(body), user.home), owner, user)
    }

    /// The organization's id, if it is the tenant's; a shared one may have been made by the operator.
    private func checked(
        _ organization: Auth0Management.Organization, _ owner: String, _ user: FirstUser
    ) throws(IdentityProviderFailure) -> String {
        let found = organization.metadata[Self.ownerKey]?.stringValue
        guard found == owner || (found == nil && !user.isSiloed) else {
            throw .taken(
                "Auth0's organization \(user.home) was not made for this tenant. To give it to the tenant, set its metadata \(Self.ownerKey) to the tenant's id."
            )
        }
        return organization.id
    }

    private func account(
        of user: FirstUser, _ config: Auth0TenantConfig, _ management: Auth0Management
    ) async throws(IdentityProviderFailure) -> String {
        var body = config.userFields
        body["email"] = .string(user.email.text)
        body["connection"] = .string(config.connection)
        body["password"] = .string(PasswordGenerator.make(length: passwordLength))
        if body["given_name"] == nil, let name = user.firstName { body["given_name"] = .string(name) }
        if body["family_name"] == nil, let name = user.lastName { body["family_name"] = .string(name) }
        return try await management.createUser(.object(body), email: user.email.text, connection: config.connection)
    }
}
