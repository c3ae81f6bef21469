import HTTPTypes
import JSONCoding
import Primitives
import Testing

@testable import ServiceKit

/// What the explanation says is what the verifier, the gate and the operations decide.
@Suite
struct AuthorizationExaminerTests {
    private static let tenant = Identifier.v4()
    private let clock = ManualClock(Timestamp(seconds: 1_800_000_000))

    private static let operations = [
        operation(.get, "/tenants/{id}", .owners("10207")), operation(.get, "/tenants/count", .owners("10207")),
        operation(.post, "/tenants/{id}/move", .operators("10265")),
        Operation(
            .get, "/ping", id: "Ping.ping", summary: "", security: .none, responses: [],
            handler: .anonymous { _ in .noContent }),
    ]

    private static func operation(_ method: HTTPRequest.Method, _ path: String, _ access: Access) -> Operation {
        Operation(
            method, path, id: "X.\(method.rawValue)", summary: "", access: access, responses: [],
            handler: .scoped { _ in .noContent })
    }

    private func explain(
        _ method: String, _ path: String, _ claims: TokenIssuer.Claims? = nil, token: String? = nil,
        secret: String = "secret", isAdmitted: Bool = true
    ) async throws -> AuthorizationExplanation {
        let verifier = await TokenVerifier(
            configuration: TokenConfiguration(secret: "secret", issuer: "arc", audience: "api"), clock: clock)
        let issuer = await TokenIssuer(secret: secret, issuer: "arc", audience: "api", clock: clock)
        var token = token
        if let claims { token = try await issuer.issue(claims, lifetime: .seconds(60)) }
        let examiner = AuthorizationExaminer(
            operations: Self.operations, verifier: verifier,
            authenticators: AuthenticatorChain([TokenAuthenticator(verifier: verifier)]),
            tenantGate: TenantGate(lookup: { _ in isAdmitted }))
        return await examiner.explain(method, path, token: token)
    }

    private static func refusals(_ explanation: AuthorizationExplanation) -> [String] {
        explanation.steps.filter { $0.outcome == .refused }.map(\.name)
    }

    @Test func `an operation that may be used is explained without a refusal`() async throws {
        let explanation = try await explain(
            "get", "/tenants/\(Identifier.v4())?filter={}",
            TokenIssuer.Claims(id: "u", role: "Support", permissions: []))
        #expect(explanation.isAllowed && explanation.operation == "GET /tenants/{id}")
        let text = explanation.steps.map(\.text).joined(separator: "\n")
        for part in ["10207 (ViewTenant) is needed", "an operator", "Support gives", "valid until"] {
            #expect(text.contains(part), "\(part): \(text)")
        }
        #expect(
            try await explain("HEAD", "/tenants/count", TokenIssuer.Claims(id: "u", permissions: ["10207"])).isAllowed)
        #expect(try await explain("GET", "/ping").isAllowed)
    }

    @Test func `paths and methods that do not exist are named`() async throws {
        #expect(try await explain("GET", "/nothing").status == 404)
        let method = try await explain("PUT", "/tenants/count")
        #expect(method.status == 405 && method.steps[0].text.hasSuffix("it has GET"))
    }

    @Test func `a permission that is missing names the roles that have it`() async throws {
        let explanation = try await explain("GET", "/tenants/count", TokenIssuer.Claims(id: "u", permissions: ["1"]))
        #expect(explanation.status == 403 && Self.refusals(explanation) == ["permission"])
        let text = explanation.steps.map(\.text).joined(separator: "\n")
        #expect(text.contains("SuperAdmin") && text.contains("Support") && !text.contains("TenantAdmin"))
    }

    @Test func `policy, tenant and rows refuse the users of a tenant`() async throws {
        func claims(_ role: String) -> TokenIssuer.Claims {
            TokenIssuer.Claims(id: "u", tenantID: Self.tenant.description, role: role, permissions: ["10265"])
        }
        let own = "/tenants/\(Self.tenant)"
        #expect(try await explain("GET", own, claims("TenantViewer")).isAllowed)
        let moved = try await explain("POST", "\(own)/move", claims("TenantViewer"))
        #expect(moved.status == 403 && Self.refusals(moved) == ["policy"])
        let other = try await explain("GET", "/tenants/\(Identifier.v4())", claims("TenantViewer"))
        #expect(other.status == 404 && Self.refusals(other) == ["rows"])
        let gone = try await explain("GET", own, claims("TenantViewer"), isAdmitted: false)
        #expect(gone.status == 403 && Self.refusals(gone) == ["tenant"])
        let wrongRole = try await explain("GET", own, claims("SuperAdmin"))
        #expect(wrongRole.status == 403 && Self.refusals(wrongRole) == ["permission"])
        #expect(wrongRole.steps.contains { $0.name == "role" && $0.text.contains("gives nothing") })
    }

    @Test func `what is wrong with a token is named`() async throws {
        let path = "/tenants/count"
        func text(_ explanation: AuthorizationExplanation) -> String {
            #expect(explanation.status == 401)
            return explanation.steps.filter { $0.outcome == .refused }.map(\.text).joined(separator: "; ")
        }
        #expect(text(try await explain("GET", path)).contains("is missing"))
        #expect(text(try await explain("GET", path, token: "a.b.c")).contains("not a JSON Web Token"))
        #expect(text(try await explain("GET", path, token: "unknown")).contains("unknown, expired or revoked"))
        #expect(text(try await explain("GET", path, token: "two\nlines")).contains("characters"))
        let claims = TokenIssuer.Claims(id: "u", permissions: ["10207"])
        #expect(text(try await explain("GET", path, claims, secret: "other")).contains("the signature is wrong"))

        let elsewhere = await TokenIssuer(secret: "secret", issuer: "other", clock: clock)
        let foreign = text(
            try await explain("GET", path, token: try await elsewhere.issue(claims, lifetime: .seconds(-5))))
        for part in ["iss is not JWT_ISSUER", "aud does not contain", "expired at"] { #expect(foreign.contains(part)) }
    }

    @Test func `an explanation never contains the token`() async throws {
        let issuer = await TokenIssuer(secret: "other", issuer: "arc", clock: clock)
        let token = try await issuer.issue(TokenIssuer.Claims(id: "u", permissions: []), lifetime: .seconds(5))
        for token in [token, "secret-key-1", "secret.key.1"] {
            let text = String(
                decoding: try await explain("GET", "/tenants/count", token: token).jsonBytes(), as: UTF8.self)
            for part in token.split(separator: ".") where part.count > 3 { #expect(!text.contains(part)) }
        }
    }
}
