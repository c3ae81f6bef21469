import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit
import Synchronization

/// As much of Keycloak's Admin REST API as a set-up uses, with its state and its answers: 201 with `Location` and no body,
/// 409 for what is there already, 401 without a good token, 500 when it cannot mail.
final class FakeKeycloak: Sendable {
    struct Realm: Sendable {
        var representation: JSONObject
        var clients: [String: JSONObject] = [:]
        var users: [String: JSONObject] = [:]
        /// Ids of users who were mailed a link, with the actions.
        var mails: [String] = []
    }

    private struct State {
        var realms: [String: Realm] = ["master": Realm(representation: ["realm": "master", "enabled": true])]
        var tokens: Set<String> = []
    }

    static let password = "admin's pass&word=1 %"
    let peer = TestPeer()
    private let state = Mutex(State())

    var realms: [String: Realm] { state.withLock { $0.realms } }

    /// What the operators of Keycloak do, or the user.
    func change(_ realm: String, _ change: (inout Realm) -> Void) {
        state.withLock { state in
            if var value = state.realms[realm] {
                change(&value)
                state.realms[realm] = value
            }
        }
    }

    /// Adds a realm by hand.
    func add(_ realm: String) {
        state.withLock { $0.realms[realm] = Realm(representation: ["realm": .string(realm), "enabled": true]) }
    }

    /// The variables of a service that uses it.
    static func environment(_ url: String) -> [String: String] {
        [
            "KEYCLOAK_HOST": "\(url)/", "KEYCLOAK_ADMIN_USERNAME": "admin", "KEYCLOAK_ADMIN_PASSWORD": password,
            "DOMAIN_NAME": "apps.example.com", "AWS_SES_SMTP_HOST": "mail.example.com",
            "AWS_SES_SMTP_USERNAME": "mailer", "AWS_SES_SMTP_PASSWORD": "mail secret",
            "SMTP_FROM_EMAIL": "arc@example.com", "SMTP_FROM_DISPLAY_NAME": "Arc",
        ]
    }

    func run(_ body: (String) async throws -> Void) async throws {
        try await peer.run(
            [
                (.post, "/realms/master/protocol/openid-connect/token", { try self.signIn($0) }),
                (.post, "/admin/realms", { call in try self.authorized(call) { self.createRealm(call, &$0) } }),
                (
                    .get, "/admin/realms/{realm}",
                    { call in
                        try self.inRealm(call) { TestPeer.json(.ok, .object($0.representation)) }
                    }
                ),
                (.put, "/admin/realms/{realm}", { call in try self.inRealm(call) { Self.update(call, &$0) } }),
                (
                    .delete, "/admin/realms/{realm}",
                    { call in
                        try self.authorized(call) { realms in
                            realms.removeValue(forKey: call.pathParameter("realm")) == nil ? Self.notFound : .noContent
                        }
                    }
                ),
                (
                    .put, "/admin/realms/{realm}/users/{id}",
                    { call in
                        try self.inRealm(call) { realm in
                            let id = call.pathParameter("id")
                            guard var user = realm.users[id] else { return Self.notFound }
                            for (name, value) in TestPeer.body(call) { user[name] = value }
                            realm.users[id] = user
                            return .noContent
                        }
                    }
                ),
                (
                    .delete, "/admin/realms/{realm}/users/{id}",
                    { call in
                        try self.inRealm(call) { realm in
                            realm.users.removeValue(forKey: call.pathParameter("id")) == nil
                                ? Self.notFound : .noContent
                        }
                    }
                ),
                (
                    .delete, "/admin/realms/{realm}/clients/{id}",
                    { call in
                        try self.inRealm(call) { realm in
                            realm.clients.removeValue(forKey: call.pathParameter("id")) == nil
                                ? Self.notFound : .noContent
                        }
                    }
                ),
                (.get, "/admin/realms/{realm}/clients", { call in try self.inRealm(call) { Self.clients(call, $0) } }),
                (
                    .post, "/admin/realms/{realm}/clients",
                    { call in
                        try self.inRealm(call) { Self.createClient(call, &$0) }
                    }
                ),
                (
                    .get, "/admin/realms/{realm}/clients/{id}/client-secret",
                    { call in
                        try self.inRealm(call) { realm in
                            guard let client = realm.clients[call.pathParameter("id")] else { return Self.notFound }
                            return TestPeer.json(.ok, ["type": "secret", "value": client["secret"] ?? .null])
                        }
                    }
                ),
                (.get, "/admin/realms/{realm}/users", { call in try self.inRealm(call) { Self.users(call, $0) } }),
                (
                    .post, "/admin/realms/{realm}/users",
                    { call in try self.inRealm(call) { Self.createUser(call, &$0) } }
                ),
                (
                    .put, "/admin/realms/{realm}/users/{id}/execute-actions-email",
                    { call in
                        try self.inRealm(call) { Self.mail(call, &$0) }
                    }
                ),
            ], body)
    }

    private static let notFound = TestPeer.json(.notFound, ["error": "Could not find resource"])

    private func signIn(_ call: OperationRequest) throws -> OperationResponse {
        let form = TestPeer.form(call)
        guard call.headers[.contentType] == "application/x-www-form-urlencoded", form["grant_type"] == "password",
            form["client_id"] == "admin-cli"
        else { return TestPeer.json(.badRequest, ["error": "unauthorized_client"]) }
        guard form["username"] == "admin", form["password"] == Self.password else {
            return TestPeer.json(
                .unauthorized,
                ["error": "invalid_grant", "error_description": .string("no: \(form["password"] ?? "")")])
        }
        let token = SecureRandom.hex(bytes: 16)
        state.withLock { _ = $0.tokens.insert(token) }
        return TestPeer.json(.ok, ["access_token": .string(token), "expires_in": 60, "token_type": "Bearer"])
    }

    private func authorized(
        _ call: OperationRequest, _ body: (inout [String: Realm]) throws -> OperationResponse
    ) throws -> OperationResponse {
        try state.withLock { state in
            guard let header = call.headers[.authorization], header.hasPrefix("Bearer "),
                state.tokens.contains(String(header.dropFirst(7)))
            else { return TestPeer.json(.unauthorized, ["error": "HTTP 401 Unauthorized"]) }
            return try body(&state.realms)
        }
    }

    private func inRealm(
        _ call: OperationRequest, _ body: (inout Realm) throws -> OperationResponse
    ) throws -> OperationResponse {
        try authorized(call) { realms in
            let name = call.pathParameter("realm")
            guard var realm = realms[name] else { return TestPeer.json(.notFound, ["error": "Realm not found."]) }
            defer { realms[name] = realm }
            return try body(&realm)
        }
    }

    private func createRealm(_ call: OperationRequest, _ realms: inout [String: Realm]) -> OperationResponse {
        let body = TestPeer.body(call)
        guard let name = body["realm"]?.stringValue else { return TestPeer.json(.badRequest, [:]) }
        guard realms[name] == nil else {
            return TestPeer.json(.conflict, ["errorMessage": "Conflict detected. See logs for details"])
        }
        realms[name] = Realm(representation: body)
        return Self.created(call, name)
    }

    private static func created(_ call: OperationRequest, _ id: String) -> OperationResponse {
        OperationResponse(
            status: .created, headers: [.location: "http://id.example.com\(call.path)/\(id)"], body: nil)
    }

    private static func update(_ call: OperationRequest, _ realm: inout Realm) -> OperationResponse {
        for (name, value) in TestPeer.body(call) { realm.representation[name] = value }
        return .noContent
    }

    private static func clients(_ call: OperationRequest, _ realm: Realm) -> OperationResponse {
        let wanted = TestPeer.query(call)["clientId"]
        let found = realm.clients.values.filter { wanted == nil || $0["clientId"]?.stringValue == wanted }
        return TestPeer.json(.ok, .array(found.map { .object($0) }))
    }

    private static func createClient(_ call: OperationRequest, _ realm: inout Realm) -> OperationResponse {
        var client = TestPeer.body(call)
        guard !realm.clients.values.contains(where: { $0["clientId"] == client["clientId"] }) else {
            return TestPeer.json(.conflict, ["errorMessage": "Client already exists"])
        }
        let id = Identifier.v4().description
        client["id"] = .string(id)
        client["secret"] = .string(SecureRandom.hex(bytes: 16))
        realm.clients[id] = client
        return created(call, id)
    }

    private static func users(_ call: OperationRequest, _ realm: Realm) -> OperationResponse {
        let query = TestPeer.query(call)
        guard query["exact"] == "true" else { return TestPeer.json(.badRequest, ["error": "only exact is known here"]) }
        let found = realm.users.values.filter { user in
            ["username", "email"].allSatisfy { query[$0] == nil || user[$0]?.stringValue == query[$0]?.lowercased() }
        }
        return TestPeer.json(.ok, .array(found.map { .object($0) }))
    }

    private static func createUser(_ call: OperationRequest, _ realm: inout Realm) -> OperationResponse {
        var user = TestPeer.body(call)
        let isTaken = realm.users.values.contains {
            $0["username"] == user["username"] || $0["email"] == user["email"]
        }
        guard !isTaken else {
            return TestPeer.json(.conflict, ["errorMessage": "User exists with same username"])
        }
        let id = Identifier.v4().description
        user["id"] = .string(id)
        let isTemporary = user["credentials"]?[0]?["temporary"]?.boolValue ?? false
        user["requiredActions"] = isTemporary ? ["UPDATE_PASSWORD"] : []
        realm.users[id] = user
        return created(call, id)
    }

    private static func mail(_ call: OperationRequest, _ realm: inout Realm) -> OperationResponse {
        guard let user = realm.users[call.pathParameter("id")], let id = user["id"]?.stringValue else {
            return notFound
        }
        guard realm.representation["smtpServer"]?["host"]?.stringValue != nil else {
            return TestPeer.json(.internalServerError, ["errorMessage": "Failed to send execute actions email"])
        }
        realm.mails.append("\(id) \(String(decoding: call.bodyBytes, as: UTF8.self))")
        return .noContent
    }
}
