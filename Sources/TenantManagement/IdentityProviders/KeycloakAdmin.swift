import JSONCoding
import NIOHTTP1
import Primitives

/// The operations of Keycloak's Admin REST API that a set-up needs. What somebody else has created in the meantime (409) is
/// looked up.
struct KeycloakAdmin: Sendable {
    /// A user.
    struct Account: Sendable, Hashable {
        let id: String
        /// Whether the user still has the password that nobody knows.
        let needsPassword: Bool
    }

    private let api: IdentityProviderAPI

    /// Signs in as the administrator of all realms.
    static func signIn(
        _ settings: IdentityProviderConfiguration.Keycloak, http: IdentityProviderHTTP
    ) async throws(IdentityProviderFailure) -> KeycloakAdmin {
        var api = IdentityProviderAPI(http: http, url: settings.url)
        try await api.signIn(
            "/realms/master/protocol/openid-connect/token",
            .form([
                ("grant_type", "password"), ("client_id", "admin-cli"), ("username", settings.username),
                ("password", settings.password),
            ]))
        return KeycloakAdmin(api: api)
    }

    private func path(_ realm: String, _ rest: String...) -> String {
        (["/admin/realms", realm] + rest).map { $0.hasPrefix("/") ? $0 : PercentEncoding.encode($0) }
            .joined(separator: "/")
    }

    /// A realm; nil when there is none of this name.
    func realm(_ name: String) async throws(IdentityProviderFailure) -> JSONValue? {
        let answer = try await api.call(.GET, path(name), step: "reading the realm", expecting: [200, 404])
        // No conditional expression: `nil` would be JSON's null there.
        guard answer.status == 200 else { return nil }
        return answer.json
    }

    func createRealm(_ realm: JSONValue) async throws(IdentityProviderFailure) {
        _ = try await api.call(.POST, "/admin/realms", realm, step: "creating the realm", expecting: [201, 409])
    }

    /// Changes what the body names.
    func updateRealm(_ name: String, _ changes: JSONValue) async throws(IdentityProviderFailure) {
        _ = try await api.call(.PUT, path(name), changes, step: "changing the realm", expecting: [204])
    }

    /// Deletes a realm with all its users. One that is not there is no error.
    func deleteRealm(_ name: String) async throws(IdentityProviderFailure) {
        _ = try await api.call(.DELETE, path(name), step: "deleting the realm", expecting: [204, 404])
    }

    /// Changes what the body names. A user who is not there is no error.
    func updateUser(_ id: String, _ changes: JSONValue, realm: String) async throws(IdentityProviderFailure) {
        _ = try await api.call(
            .PUT, path(realm, "users", id), changes, step: "changing the user", expecting: [204, 404])
    }

    /// Deletes a user. One who is not there is no error.
    func deleteUser(_ id: String, realm: String) async throws(IdentityProviderFailure) {
        _ = try await api.call(.DELETE, path(realm, "users", id), step: "deleting the user", expecting: [204, 404])
    }

    /// Deletes a client by Keycloak's id of it. One that is not there is no error.
    func deleteClient(_ id: String, realm: String) async throws(IdentityProviderFailure) {
        _ = try await api.call(
            .DELETE, path(realm, "clients", id), step: "deleting the client", expecting: [204, 404])
    }

    /// Keycloak's id of a client; nil when the realm has none of this name.
    func client(_ clientID: String, realm: String) async throws(IdentityProviderFailure) -> String? {
        let step = "reading the client"
        let answer = try await api.call(
            .GET, path(realm, "clients"), query: [("clientId", clientID)], step: step, expecting: [200])
        return answer.json.arrayValue?.first { $0["clientId"]?.stringValue == clientID }?["id"]?.stringValue
    }

    /// - Returns: Keycloak's id of it.
    func createClient(
        _ representation: JSONValue, _ clientID: String, realm: String
    ) async throws(IdentityProviderFailure) -> String {
        let step = "creating the client"
        let answer = try await api.call(
            .POST, path(realm, "clients"), representation, step: step, expecting: [201, 409])
        if answer.status == 201, let id = answer.createdID { return id }
        guard let id = try await client(clientID, realm: realm) else {
            throw .unavailable(step: step, reason: "it is not there after it was created")
        }
        return id
    }

    func clientSecret(_ id: String, realm: String) async throws(IdentityProviderFailure) -> String {
        let step = "reading the client's secret"
        let answer = try await api.call(
            .GET, path(realm, "clients", id, "client-secret"), step: step, expecting: [200])
        return try answer.text("value", step: step)
    }

    /// The user with this name or, failing that, this e-mail address.
    func account(_ email: String, realm: String) async throws(IdentityProviderFailure) -> Account? {
        for name in ["username", "email"] {
            let answer = try await api.call(
                .GET, path(realm, "users"), query: [(name, email), ("exact", "true"), ("max", "2")],
                step: "looking for the user", expecting: [200])
            guard let user = answer.json.arrayValue?.first(where: { $0[name]?.stringValue?.lowercased() == email }),
                let id = user["id"]?.stringValue
            else { continue }
            let actions = (user["requiredActions"]?.arrayValue ?? []).compactMap(\.stringValue)
            return Account(id: id, needsPassword: actions.contains("UPDATE_PASSWORD"))
        }
        return nil
    }

    func createAccount(
        _ representation: JSONValue, _ email: String, realm: String
    ) async throws(IdentityProviderFailure) -> Account {
        let step = "creating the user"
        let answer = try await api.call(.POST, path(realm, "users"), representation, step: step, expecting: [201, 409])
        if answer.status == 201, let id = answer.createdID { return Account(id: id, needsPassword: true) }
        guard let account = try await account(email, realm: realm) else {
            throw .unavailable(step: step, reason: "it is not there after it was created")
        }
        return account
    }

    /// Has Keycloak mail a link under which the user sets a password.
    func mailPasswordLink(to user: String, realm: String) async throws(IdentityProviderFailure) {
        _ = try await api.call(
            .PUT, path(realm, "users", user, "execute-actions-email"), ["UPDATE_PASSWORD"],
            step: "mailing the user a link to set a password", expecting: [200, 204])
    }
}
