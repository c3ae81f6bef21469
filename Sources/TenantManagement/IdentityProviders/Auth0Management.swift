import JSONCoding
import NIOHTTP1
import Primitives

/// The operations of Auth0's Management API that a set-up needs. What somebody else has created in the meantime (409) is
/// looked up.
struct Auth0Management: Sendable {
    struct Organization: Sendable {
        let id: String
        let metadata: JSONValue
    }

    private let api: IdentityProviderAPI

    /// Obtains a token by client credentials.
    static func signIn(
        _ settings: IdentityProviderConfiguration.Auth0, http: IdentityProviderHTTP
    ) async throws(IdentityProviderFailure) -> Auth0Management {
        var api = IdentityProviderAPI(http: http, url: settings.url)
        try await api.signIn(
            "/oauth/token",
            .json([
                "grant_type": "client_credentials", "client_id": .string(settings.clientID),
                "client_secret": .string(settings.clientSecret), "audience": .string(settings.audience),
            ]))
        return Auth0Management(api: api)
    }

    /// An organization; nil when there is none of this name.
    func organization(_ name: String) async throws(IdentityProviderFailure) -> Organization? {
        let step = "looking for the organization"
        let answer = try await api.call(
            .GET, "/api/v2/organizations/name/\(PercentEncoding.encode(name))", step: step, expecting: [200, 404])
        return answer.status == 200 ? try organization(answer, step) : nil
    }

    func createOrganization(
        _ body: JSONValue, _ name: String
    ) async throws(IdentityProviderFailure) -> Organization {
        let step = "creating the organization"
        let answer = try await api.call(
            .POST, "/api/v2/organizations", body, step: step, expecting: [200, 201, 409])
        if answer.status != 409 { return try organization(answer, step) }
        guard let found = try await organization(name) else {
            throw .unavailable(step: step, reason: "it is not there after it was created")
        }
        return found
    }

    private func organization(
        _ answer: IdentityProviderHTTP.Answer, _ step: String
    ) throws(IdentityProviderFailure) -> Organization {
        Organization(id: try answer.text("id", step: step), metadata: answer.json["metadata"] ?? .null)
    }

    /// Creates a user, or finds the one with this address in the same connection.
    /// - Returns: The user's id.
    func createUser(
        _ body: JSONValue, email: String, connection: String
    ) async throws(IdentityProviderFailure) -> String {
        let step = "creating the user"
        let answer = try await api.call(.POST, "/api/v2/users", body, step: step, expecting: [200, 201, 409])
        if answer.status != 409 { return try answer.text("user_id", step: step) }
        let found = try await api.call(
            .GET, "/api/v2/users-by-email", query: [("email", email)], step: "looking for the user", expecting: [200])
        let user = found.json.arrayValue?.first { user in
            (user["identities"]?.arrayValue ?? []).contains { $0["connection"]?.stringValue == connection }
        }
        guard let id = user?["user_id"]?.stringValue else {
            throw .refused(step: step, status: 409, code: "user_exists")
        }
        return id
    }

    /// Changes what the body names. A user who is not there is no error.
    func updateUser(_ id: String, _ changes: JSONValue) async throws(IdentityProviderFailure) {
        _ = try await api.call(
            .PATCH, "/api/v2/users/\(PercentEncoding.encode(id))", changes, step: "changing the user",
            expecting: [200, 404])
    }

    /// Deletes a user. One who is not there is no error.
    func deleteUser(_ id: String) async throws(IdentityProviderFailure) {
        _ = try await api.call(
            .DELETE, "/api/v2/users/\(PercentEncoding.encode(id))", step: "deleting the user",
            expecting: [200, 204, 404])
    }

    /// Deletes an organization. One that is not there is no error.
    func deleteOrganization(_ id: String) async throws(IdentityProviderFailure) {
        _ = try await api.call(
            .DELETE, "/api/v2/organizations/\(PercentEncoding.encode(id))", step: "deleting the organization",
            expecting: [200, 204, 404])
    }

    /// Makes a user a member; one that is a member already stays one.
    func addMember(_ user: String, to organization: String) async throws(IdentityProviderFailure) {
        _ = try await api.call(
            .POST, "/api/v2/organizations/\(PercentEncoding.encode(organization))/members",
            ["members": [.string(user)]], step: "adding the user to the organization", expecting: [200, 201, 204])
    }
}
