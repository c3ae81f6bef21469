import HTTPTypes
import Primitives
import Testing

@testable import ServiceKit

@Suite
struct AuthenticatorChainTests {
    /// Recognizes a header and accepts the value `right`.
    private struct HeaderAuthenticator: Authenticator {
        let name: HTTPField.Name

        func recognizes(_ credentials: RequestCredentials) -> Bool { credentials.headers[name] != nil }

        func identity(of credentials: RequestCredentials) async throws -> Identity {
            guard credentials.headers[name] == "right" else { throw HTTPFailure.unauthorized }
            return Identity(
                kind: .service, credential: .session(id: "s"), id: name.canonicalName, permissions: ["1"])
        }
    }

    private static let badge = HTTPField.Name("X-Badge")
    private static let cookie = HTTPField.Name("Cookie")

    private func chain() async throws -> (AuthenticatorChain, token: String) {
        let clock = ManualClock(Timestamp(seconds: 1_800_000_000))
        let issuer = await TokenIssuer(secret: "secret", issuer: nil, clock: clock)
        let verifier = await TokenVerifier(
            configuration: TokenConfiguration(secret: "secret", issuer: nil), clock: clock)
        let chain = AuthenticatorChain([
            HeaderAuthenticator(name: try #require(Self.badge)), HeaderAuthenticator(name: try #require(Self.cookie)),
            TokenAuthenticator(verifier: verifier) { $0.hasPrefix("arc_") },
        ])
        let token = try await issuer.issue(
            TokenIssuer.Claims(id: "token", permissions: ["1"]), lifetime: .seconds(60))
        return (chain, token)
    }

    private func request(_ fields: [(HTTPField.Name?, String)]) throws -> OperationRequest {
        var headers = HTTPFields()
        for (name, value) in fields { headers.append(HTTPField(name: try #require(name), value: value)) }
        return OperationRequest(
            method: .get, path: "/x", query: "", pathParameters: [:], headers: headers, body: nil, bodyBytes: [],
            clientAddress: ClientAddress(nil), requestID: "r1", instant: Timestamp(milliseconds: 0),
            annotations: RequestAnnotations())
    }

    private func outcome(_ chain: AuthenticatorChain, _ fields: [(HTTPField.Name?, String)]) async throws -> String {
        do {
            return try await chain.authenticate(request(fields), permissions: ["1"]).identity.id ?? ""
        } catch let failure as HTTPFailure {
            return "\(failure.status.code)"
        }
    }

    @Test func `the authenticator that recognizes the credential decides`() async throws {
        let (chain, token) = try await chain()
        #expect(try await outcome(chain, [(.authorization, "bearer \(token)")]) == "token")
        #expect(try await outcome(chain, [(Self.badge, "right")]) == "x-badge")
        #expect(try await outcome(chain, [(Self.cookie, "right")]) == "cookie")
        #expect(try await outcome(chain, []) == "401")
    }

    @Test func `a wrong credential is not the absence of one`() async throws {
        let (chain, token) = try await chain()
        for wrong in ["wrong", "", "Right"] {
            #expect(try await outcome(chain, [(Self.badge, wrong)]) == "401", "\(wrong)")
        }
        for wrong in ["Bearer", "Bearer ", "Basic \(token)", token, "", "Bearer \(token) \(token)", "Bearer arc_x"] {
            #expect(try await outcome(chain, [(.authorization, wrong)]) == "401", "\(wrong)")
        }
    }

    @Test func `two credentials are refused even if both are right`() async throws {
        let (chain, token) = try await chain()
        let bearer = (Optional(HTTPField.Name.authorization), "Bearer \(token)")
        for other in ["right", "wrong", ""] {
            #expect(try await outcome(chain, [bearer, (Self.badge, other)]) == "401")
            #expect(try await outcome(chain, [(Self.cookie, "right"), (Self.badge, other)]) == "401")
        }
        #expect(try await outcome(chain, [bearer, bearer]) == "401")
        #expect(try await outcome(chain, [(.authorization, "Basic x"), (Self.badge, "right")]) == "401")
    }

    @Test func `callers of different credentials share no idempotency keys`() {
        let id = Identifier.v4()
        let key = Identity(kind: .operator, credential: .apiKey(id), id: id.description, permissions: [])
        let session = Identity(
            kind: .operator, credential: .session(id: "s"), id: id.description, permissions: [])
        #expect(key.keyOwner != session.keyOwner)
    }
}
