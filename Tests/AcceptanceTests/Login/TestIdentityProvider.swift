import Crypto
import Foundation
import JSONCoding
import NIOHTTP1
import Primitives
import ServiceKit
import StackTestSupport
import Synchronization
import TestSupport

/// An identity provider that a test can make say anything. It checks what a provider has to check: the client, the redirect
/// URI, the proof key, and that a code is used once.
final class TestIdentityProvider: Sendable {
    /// A request to log in, as the provider gets it from the browser.
    struct Request: Sendable {
        let parameters: [String: String]

        init(_ location: String?) throws {
            guard let location, let query = location.split(separator: "?", maxSplits: 1).last else {
                throw TestFailure("the browser is sent nowhere")
            }
            parameters = Dictionary(
                QueryString.pairs(String(query)).map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        }

        var state: String { parameters["state"] ?? "" }
        var nonce: String { parameters["nonce"] ?? "" }
    }

    private struct Login: Sendable {
        let request: Request
        let token: @Sendable (TestIdentityProvider, JSONObject) throws -> String
        let claims: JSONObject
    }

    private struct State {
        var logins: [String: Login] = [:]
        var issuer = ""
    }

    static let clientID = "arc"
    static let clientSecret = "the client's secret: %&+"
    static let redirectURI = "https://arc.example.com/auth/callback"

    private let signer = P256.Signing.PrivateKey()
    private let clock: any WallClock
    private let metadata: JSONObject
    private let state = Mutex(State())

    private init(clock: any WallClock, metadata: JSONObject) {
        self.clock = clock
        self.metadata = metadata
    }

    /// Runs a provider for the length of the body.
    /// - Parameter metadata: More members of the discovery document, in place of the usual ones.
    static func run(
        clock: any WallClock = SystemClock(), metadata: JSONObject = [:],
        _ body: (TestIdentityProvider) async throws -> Void
    ) async throws {
        let provider = TestIdentityProvider(clock: clock, metadata: metadata)
        try await ScriptedServer.run { request, _ in
            await provider.answer(request)
        } _: { _, url in
            provider.state.withLock { $0.issuer = url }
            try await body(provider)
        }
    }

    var issuer: String { state.withLock { $0.issuer } }

    /// The configuration of the services.
    var environment: [String: String] {
        [
            "OIDC_ISSUER": issuer, "OIDC_CLIENT_ID": Self.clientID, "OIDC_CLIENT_SECRET": Self.clientSecret,
            "OIDC_REDIRECT_URI": Self.redirectURI, "OIDC_ROLE_CLAIM": "access.groups", "LOGIN_MAX_ATTEMPTS": "1000000",
            "OIDC_ROLE_MAPPING":
                #"{"admins": {"roles": ["SuperAdmin"]}, "viewers": {"permissions": ["10207"]}, "gone": ["NoSuchRole"]}"#,
        ]
    }

    /// A code for a user who has logged in.
    /// - Parameters:
    ///   - claims: Of the ID token, in place of the usual ones; null removes one.
    ///   - token: Makes the ID token of the claims; nil for a good one.
    func code(
        for request: Request, user: String, groups: JSONValue = ["admins"], claims: JSONObject = [:],
        token: (@Sendable (TestIdentityProvider, JSONObject) throws -> String)? = nil
    ) -> String {
        let code = Identifier.v4().description
        var all: JSONObject = ["sub": .string(user), "access": ["groups": groups], "name": "Ann Example"]
        for (name, value) in claims { all[name] = value }
        let login = Login(request: request, token: token ?? { try $0.sign($1) }, claims: all)
        state.withLock { $0.logins[code] = login }
        return code
    }

    /// A token with the provider's signature.
    func sign(_ claims: JSONObject, header: JSONObject = ["alg": "ES256", "kid": "k1"]) throws -> String {
        let content = Self.content(header, claims)
        return "\(content).\(Base64URL.encode(try signer.signature(for: Array(content.utf8)).rawRepresentation))"
    }

    /// Head and claims of a token.
    static func content(_ header: JSONObject, _ claims: JSONObject) -> String {
        [header, claims].map { Base64URL.encode(JSONValue.object($0).serialized()) }.joined(separator: ".")
    }

    // MARK: Answers

    private func answer(_ request: ScriptedServer.Request) async -> ScriptedServer.Answer {
        let url = "http://\(request.headers.first(name: "host") ?? "")"
        switch request.uri {
        case "/.well-known/openid-configuration":
            var document: JSONObject = [
                "issuer": .string(url), "authorization_endpoint": .string("\(url)/authorize"),
                "token_endpoint": .string("\(url)/token"), "jwks_uri": .string("\(url)/keys"),
                "end_session_endpoint": .string("\(url)/end"),
                "authorization_response_iss_parameter_supported": true,
            ]
            for (name, value) in metadata { document[name] = value }
            return Self.json(200, .object(document))
        case "/keys":
            let point = Array(signer.publicKey.rawRepresentation)
            let key: JSONValue = [
                "kty": "EC", "crv": "P-256", "kid": "k1", "x": .string(Base64URL.encode(point[..<32])),
                "y": .string(Base64URL.encode(point[32...])),
            ]
            return Self.json(200, ["keys": [key]])
        case "/token": return token(request, issuer: url)
        default: return ScriptedServer.Answer(404)
        }
    }

    private func token(_ request: ScriptedServer.Request, issuer: String) -> ScriptedServer.Answer {
        let pair = "\(Self.clientID):\(PercentEncoding.encode(Self.clientSecret))"
        guard request.method == .POST,
            request.headers["authorization"] == ["Basic \(Data(pair.utf8).base64EncodedString())"]
        else { return Self.json(401, ["error": "invalid_client"]) }
        let form = Dictionary(
            QueryString.pairs(request.body).map { ($0.name, $0.value) }, uniquingKeysWith: { $0 + $1 })
        let verifier = Array((form["code_verifier"] ?? "").utf8)
        guard form["grant_type"] == "authorization_code", form["redirect_uri"] == Self.redirectURI,
            let login = state.withLock({ $0.logins.removeValue(forKey: form["code"] ?? "") }),
            login.request.parameters["code_challenge_method"] == "S256",
            login.request.parameters["code_challenge"] == Base64URL.encode(SHA256.hash(data: verifier))
        else { return Self.json(400, ["error": "invalid_grant"]) }
        let now = clock.now().seconds
        var claims: JSONObject = [
            "iss": .string(issuer), "aud": .string(Self.clientID), "nonce": .string(login.request.nonce),
            "iat": .integer(now), "exp": .integer(now + 300),
        ]
        for (name, value) in login.claims { claims[name] = value.isNull ? nil : value }
        guard let token = try? login.token(self, claims) else { return Self.json(500, [:]) }
        return Self.json(
            200, ["access_token": "access", "token_type": "Bearer", "expires_in": 300, "id_token": .string(token)])
    }

    private static func json(_ status: Int, _ value: JSONValue) -> ScriptedServer.Answer {
        ScriptedServer.Answer(
            status, headers: [("content-type", "application/json")], String(decoding: value.serialized(), as: UTF8.self)
        )
    }
}
