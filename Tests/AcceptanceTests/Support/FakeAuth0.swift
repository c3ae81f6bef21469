import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit
import Synchronization

/// As much of Auth0's Management API as a set-up uses, with its state and its answers.
final class FakeAuth0: Sendable {
    struct State: Sendable {
        /// By id.
        var organizations: [String: JSONObject] = [:]
        var users: [String: JSONObject] = [:]
        /// Ids of users by organization.
        var members: [String: Set<String>] = [:]
        fileprivate var tokens: Set<String> = []
    }

    static let secret = "auth0 secret"
    let peer = TestPeer()
    private let state = Mutex(State())

    var now: State { state.withLock { $0 } }

    static func environment(_ url: String) -> [String: String] {
        ["AUTH0_DOMAIN": url, "AUTH0_CLIENT_ID": "arc", "AUTH0_CLIENT_SECRET": secret]
    }

    func run(_ body: (String) async throws -> Void) async throws {
        try await peer.run(
            [
                (.post, "/oauth/token", { self.signIn($0) }),
                (
                    .get, "/api/v2/organizations/name/{name}",
                    { call in
                        self.authorized(call) { state in
                            let found = state.organizations.values.first {
                                $0["name"]?.stringValue == call.pathParameter("name")
                            }
                            guard let found else { return Self.failure(.notFound, "inexistent_organization") }
                            return TestPeer.json(.ok, .object(found))
                        }
                    }
                ),
                (
                    .post, "/api/v2/organizations",
                    { call in self.authorized(call) { Self.createOrganization(call, &$0) } }
                ),
                (
                    .post, "/api/v2/organizations/{id}/members",
                    { call in
                        self.authorized(call) { Self.addMembers(call, &$0) }
                    }
                ),
                (
                    .patch, "/api/v2/users/{id}",
                    { call in
                        self.authorized(call) { state in
                            let id = call.pathParameter("id")
                            guard var user = state.users[id] else { return Self.failure(.notFound, "inexistent_user") }
                            for (name, value) in TestPeer.body(call) { user[name] = value }
                            state.users[id] = user
                            return TestPeer.json(.ok, .object(user))
                        }
                    }
                ),
                (
                    .delete, "/api/v2/users/{id}",
                    { call in
                        self.authorized(call) { state in
                            state.users.removeValue(forKey: call.pathParameter("id"))
                            return .noContent
                        }
                    }
                ),
                (
                    .delete, "/api/v2/organizations/{id}",
                    { call in
                        self.authorized(call) { state in
                            state.organizations.removeValue(forKey: call.pathParameter("id"))
                            state.members.removeValue(forKey: call.pathParameter("id"))
                            return .noContent
                        }
                    }
                ),
                (.post, "/api/v2/users", { call in self.authorized(call) { Self.createUser(call, &$0) } }),
                (
                    .get, "/api/v2/users-by-email",
                    { call in
                        self.authorized(call) { state in
                            let email = TestPeer.query(call)["email"]
                            let found = state.users.values.filter { $0["email"]?.stringValue == email }
                            return TestPeer.json(.ok, .array(found.map { .object($0) }))
                        }
                    }
                ),
            ], body)
    }

    private static func failure(_ status: HTTPResponse.Status, _ code: String) -> OperationResponse {
        TestPeer.json(
            status,
            ["statusCode": .integer(status.code), "errorCode": .string(code), "message": .string("it says \(secret)")])
    }

    private func signIn(_ call: OperationRequest) -> OperationResponse {
        let body = TestPeer.body(call)
        guard body["grant_type"] == "client_credentials", body["client_id"] == "arc",
            body["client_secret"]?.stringValue == Self.secret,
            body["audience"]?.stringValue?.hasSuffix("/api/v2/") == true
        else { return TestPeer.json(.unauthorized, ["error": "access_denied", "error_description": "Unauthorized"]) }
        let token = SecureRandom.hex(bytes: 16)
        state.withLock { _ = $0.tokens.insert(token) }
        return TestPeer.json(.ok, ["access_token": .string(token), "token_type": "Bearer"])
    }

    private func authorized(
        _ call: OperationRequest, _ body: (inout State) -> OperationResponse
    ) -> OperationResponse {
        state.withLock { state in
            guard let header = call.headers[.authorization], header.hasPrefix("Bearer "),
                state.tokens.contains(String(header.dropFirst(7)))
            else { return Self.failure(.unauthorized, "invalid_token") }
            return body(&state)
        }
    }

    private static func createOrganization(_ call: OperationRequest, _ state: inout State) -> OperationResponse {
        var body = TestPeer.body(call)
        let allowed = Set("abcdefghijklmnopqrstuvwxyz0123456789-_")
        guard let name = body["name"]?.stringValue, (1...50).contains(name.count), name.allSatisfy(allowed.contains)
        else { return failure(.badRequest, "invalid_body") }
        guard !state.organizations.values.contains(where: { $0["name"]?.stringValue == name }) else {
            return failure(.conflict, "organization_conflict")
        }
        let id = "org_\(SecureRandom.hex(bytes: 8))"
        body["id"] = .string(id)
        state.organizations[id] = body
        return TestPeer.json(.created, .object(body))
    }

    private static func addMembers(_ call: OperationRequest, _ state: inout State) -> OperationResponse {
        let id = call.pathParameter("id")
        let members = (TestPeer.body(call)["members"]?.arrayValue ?? []).compactMap(\.stringValue)
        guard state.organizations[id] != nil, members.allSatisfy({ state.users[$0] != nil }) else {
            return failure(.notFound, "inexistent_user")
        }
        state.members[id, default: []].formUnion(members)
        return .noContent
    }

    private static func createUser(_ call: OperationRequest, _ state: inout State) -> OperationResponse {
        var body = TestPeer.body(call)
        guard let connection = body["connection"], let email = body["email"], connection != "nowhere" else {
            return failure(.badRequest, "inexistent_connection")
        }
        guard (body["password"]?.stringValue ?? "").count >= 8 else { return failure(.badRequest, "password_too_weak") }
        guard !state.users.values.contains(where: { $0["email"] == email && $0["connection"] == connection }) else {
            return failure(.conflict, "auth0_idp_error")
        }
        let id = "auth0|\(body["user_id"]?.stringValue ?? SecureRandom.hex(bytes: 12))"
        body["user_id"] = .string(id)
        body["identities"] = [["connection": connection, "provider": "auth0"]]
        state.users[id] = body
        return TestPeer.json(.created, .object(body))
    }
}
