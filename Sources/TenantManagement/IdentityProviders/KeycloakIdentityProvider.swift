import JSONCoding
import Primitives
import Sealing

/// Sets tenants up in Keycloak (docs/contract/arc-api.md 9.6): a realm for each PREMIUM tenant and one for each of the
/// tiers STANDARD and BASIC, a confidential client for each tenant, and its first user, who is mailed a link to set a
/// password.
struct KeycloakIdentityProvider: IdentityProvider {
    static let name = "keycloak"
    /// Name of the tenant's setting that says where its users are. The client's secret in it is sealed.
    static let configKey = "keycloak-client"
    private static let tiers = ["PREMIUM", "STANDARD", "BASIC"]

    let settings: IdentityProviderConfiguration.Keycloak
    let passwordLength: Int
    let http: IdentityProviderHTTP
    let repository: IdentityProviderRepository

    func setUp(_ user: FirstUser) async throws -> String {
        guard Self.tiers.contains(user.tier) else {
            throw IdentityProviderFailure.unusable(
                path: "/plan/tier", reason: "must be PREMIUM, STANDARD or BASIC: Keycloak has no realm for other tiers")
        }
        let known = try await repository.config(Self.configKey, of: user.tenant)
        let admin = try await KeycloakAdmin.signIn(settings, http: http)
        try await prepareRealm(of: user, admin)
        let clientID = Self.clientID(user.key)
        let secret = try await client(clientID, of: user, admin)
        let account = try await account(of: user, admin)
        // Mailed until it worked once; who has a password already is left alone.
        let isInvited = known?["userId"]?.stringValue == account.id
        if !isInvited, account.needsPassword { try await admin.mailPasswordLink(to: account.id, realm: user.home) }
        try await repository.store(
            [
                "realm": .string(user.home), "clientId": .string(clientID),
                "clientSecret": .string(secret),
                "userId": .string(account.id),
            ], as: Self.configKey, of: user.tenant)
        return account.id
    }

    func setEnabled(_ isEnabled: Bool, _ account: IdentityAccount) async throws {
        let admin = try await KeycloakAdmin.signIn(settings, http: http)
        if account.isSiloed {
            // All users of the tenant at once, also those that the application has created.
            guard try await isOwn(account, admin) else { return }
            try await admin.updateRealm(account.home, ["enabled": .bool(isEnabled)])
        } else {
            try await admin.updateUser(account.userID, ["enabled": .bool(isEnabled)], realm: account.home)
        }
    }

    func remove(_ account: IdentityAccount, isShared: Bool) async throws {
        let admin = try await KeycloakAdmin.signIn(settings, http: http)
        if account.isSiloed {
            guard try await isOwn(account, admin) else { return }
            try await admin.deleteRealm(account.home)
        } else {
            if !isShared { try await admin.deleteUser(account.userID, realm: account.home) }
            if let client = try await admin.client(Self.clientID(account.key), realm: account.home) {
                try await admin.deleteClient(client, realm: account.home)
            }
        }
    }

    /// Whether a realm is there and is marked as the tenant's own: another one of its name is not touched.
    private func isOwn(
        _ account: IdentityAccount, _ admin: KeycloakAdmin
    ) async throws(IdentityProviderFailure) -> Bool {
        guard let realm = try await admin.realm(account.home) else { return false }
        return realm["attributes"]?[Self.ownerAttribute]?.stringValue == account.tenant.description
    }

    private static func clientID(_ key: String) -> String { "client-\(key)" }

    /// Finds or creates the realm, and makes sure that it is the one it should be and can send mail.
    private func prepareRealm(of user: FirstUser, _ admin: KeycloakAdmin) async throws(IdentityProviderFailure) {
        if try await admin.realm(user.home) == nil { try await admin.createRealm(realm(for: user)) }
        guard let realm = try await admin.realm(user.home) else {
            throw .unavailable(step: "reading the realm", reason: "it is not there after it was created")
        }
        let owner = realm["attributes"]?[Self.ownerAttribute]?.stringValue
        // A realm of the operator's own may be shared on purpose; a tenant's must have been made, or marked, for it.
        guard owner == Self.owner(of: user) || (owner == nil && !user.isSiloed) else {
            throw .taken(
                "Keycloak's realm \(user.home) was not made for this tenant. To give it to the tenant, set its attribute \(Self.ownerAttribute) to the tenant's id."
            )
        }
        if let mail = settings.mail, realm["smtpServer"]?["host"]?.stringValue == nil {
            try await admin.updateRealm(user.home, ["smtpServer": smtpServer(mail)])
        }
    }

    /// Says whose realm it is: a tenant's id, or `shared`. Realms made by others do not have it.
    private static let ownerAttribute = "arcTenantId"

    private static func owner(of user: FirstUser) -> String { user.isSiloed ? user.tenant.description : "shared" }

    private func realm(for user: FirstUser) -> JSONValue {
        var realm: JSONObject = [
            "realm": .string(user.home), "enabled": true,
            "displayName": .string(user.isSiloed ? user.tenantName : user.tier),
            "attributes": [Self.ownerAttribute: .string(Self.owner(of: user))],
        ]
        if let mail = settings.mail { realm["smtpServer"] = smtpServer(mail) }
        return .object(realm)
    }

    private func smtpServer(_ mail: IdentityProviderConfiguration.Mail) -> JSONValue {
        var server: JSONObject = [
            "host": .string(mail.host), "port": "587", "starttls": "true", "from": .string(mail.from),
        ]
        if let name = mail.displayName { server["fromDisplayName"] = .string(name) }
        if let username = mail.username {
            server["auth"] = "true"
            server["user"] = .string(username)
            server["password"] = .string(mail.password ?? "")
        }
        return .object(server)
    }

    /// Finds or creates the tenant's client.
    /// - Returns: Its secret, which Keycloak has made.
    private func client(
        _ clientID: String, of user: FirstUser, _ admin: KeycloakAdmin
    ) async throws(IdentityProviderFailure) -> String {
        if let id = try await admin.client(clientID, realm: user.home) {
            return try await admin.clientSecret(id, realm: user.home)
        }
        let id = try await admin.createClient(
            [
                "clientId": .string(clientID), "name": .string(user.tenantName), "protocol": "openid-connect",
                "enabled": true, "publicClient": false, "clientAuthenticatorType": "client-secret",
                "standardFlowEnabled": true, "directAccessGrantsEnabled": false,
                "redirectUris": [
                    "http://localhost:3000/*",
                    .string("https://\(user.key).\(settings.domainName)/authentication-service/*"),
                ],
            ], clientID, realm: user.home)
        return try await admin.clientSecret(id, realm: user.home)
    }

    /// Finds or creates the first user: the person with this address, also when another tenant of the realm has brought
    /// them there.
    private func account(
        of user: FirstUser, _ admin: KeycloakAdmin
    ) async throws(IdentityProviderFailure) -> KeycloakAdmin.Account {
        if let account = try await admin.account(user.email.text, realm: user.home) { return account }
        var representation: JSONObject = [
            "username": .string(user.email.text), "email": .string(user.email.text), "enabled": true,
            "emailVerified": true, "requiredActions": ["UPDATE_PASSWORD"],
            "credentials": [
                [
                    "type": "password", "value": .string(PasswordGenerator.make(length: passwordLength)),
                    "temporary": true,
                ]
            ],
        ]
        if let name = user.firstName { representation["firstName"] = .string(name) }
        if let name = user.lastName { representation["lastName"] = .string(name) }
        return try await admin.createAccount(.object(representation), user.email.text, realm: user.home)
    }
}
