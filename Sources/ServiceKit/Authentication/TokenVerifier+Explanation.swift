import HTTPTypes
import JSONCoding
import Primitives

/// What is wrong with a token, for operators. Callers learn nothing but 401. It asks the same questions as ``verify(_:)``, which
/// decides.
extension TokenVerifier {
    /// Explains a token.
    /// - Returns: The caller; nil if the token is refused.
    func explain(_ token: String, in explanation: inout AuthorizationExplanation) async -> Identity? {
        guard let claims = await signedClaims(token, in: &explanation) else { return nil }
        let now = clock.now()
        for problem in claimProblems(claims, now: now) { explanation.refuse("claims", problem, status: 401) }
        explainRoles(claims, in: &explanation)
        do {
            let identity = try await verify(token)
            if let expiry = try claims.time("exp") {
                explanation.pass("claims", "the token is valid until \(expiry)")
            } else {
                explanation.pass("claims", "the token is valid, and never expires")
            }
            return identity
        } catch {
            let failure = FailureMapping.failure(for: error)
            if explanation.isAllowed { explanation.refuse("claims", Self.text(failure), status: failure.status.code) }
            return nil
        }
    }

    private static func text(_ failure: HTTPFailure) -> String {
        switch failure.status {
        case .forbidden: "tenantId is not a UUID"
        case .unauthorized: "everything is right, but the token was revoked (GET /token-revocations)"
        default: "whether the token was revoked cannot be found out: the database does not answer"
        }
    }

    /// The claims of a token whose signature is right.
    private func signedClaims(_ token: String, in explanation: inout AuthorizationExplanation) async -> TokenClaims? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard token.utf8.count <= Self.maximumLength else {
            explanation.refuse("token", "longer than \(Self.maximumLength) bytes", status: 401)
            return nil
        }
        guard parts.count == 3, let header = Self.object(parts[0]), let claims = Self.object(parts[1]),
            Base64URL.decode(parts[2]) != nil
        else {
            explanation.refuse("token", "not a JSON Web Token: three parts of Base64url with JSON objects", status: 401)
            return nil
        }
        guard let algorithm = header["alg"]?.stringValue, header["crit"] == nil else {
            explanation.refuse("token", "the header has no alg, or extensions (crit) that are not known", status: 401)
            return nil
        }
        let name = header["kid"]?.stringValue
        let called = "\(name.map { "the key \($0.shownInTerminal)" } ?? "no key name"), \(algorithm.shownInTerminal)"
        guard let (key, _) = await key(named: name, algorithm: algorithm) else {
            let advice =
                name == nil
                ? "the algorithm is not that of JWT_SECRET, or JWT_SECRET is not set"
                : "the key set has no such key for this algorithm (JWT_JWKS_FILE, JWT_JWKS_URL)"
            explanation.refuse("token", "there is no key to verify it with (\(called)): \(advice)", status: 401)
            return nil
        }
        guard await key.isSignature(of: token) else {
            explanation.refuse(
                "token", "the signature is wrong (\(called)): it was signed with another key", status: 401)
            return nil
        }
        explanation.pass("token", "the signature is right (\(called))")
        return TokenClaims(claims)
    }

    private func claimProblems(_ claims: TokenClaims, now: Timestamp) -> [String] {
        var problems: [String] = []
        for name in ["tenantId", "id", "userTenantId", "jti", "passwordExpiryTime"] {
            if (try? claims.text(name)) == nil, claims.has(name) { problems.append("\(name) is no text") }
        }
        for name in ["role", "aud"] where (try? claims.texts(name)) == nil {
            problems.append("\(name) is neither a text nor a list of texts")
        }
        for name in ["exp", "nbf"] where (try? claims.time(name)) == nil && claims.has(name) {
            problems.append("\(name) is no time")
        }
        if let issuer = configuration.issuer, !claims.isText("iss", issuer) {
            problems.append("iss is not JWT_ISSUER (\(issuer))")
        }
        if let audience = configuration.audience,
            (try? claims.texts("aud"))?.contains(where: audience.hasSameBytes) == false
        {
            problems.append("aud does not contain TOKEN_AUDIENCE (\(audience))")
        }
        if let expiry = try? claims.time("exp"), expiry.adding(configuration.clockSkew) <= now {
            problems.append("expired at \(expiry); it is \(now) now")
        }
        if let start = try? claims.time("nbf"), start > now.adding(configuration.clockSkew) {
            problems.append("not valid before \(start); it is \(now) now")
        }
        if let text = try? claims.text("passwordExpiryTime"), Timestamp(iso8601: text).map({ $0 <= now }) ?? true {
            problems.append("the password of the user has expired (passwordExpiryTime)")
        }
        if configuration.requiresTenant, !claims.has("tenantId") {
            problems.append("tenantId is missing, which TOKEN_REQUIRE_TENANT asks for")
        }
        return problems
    }

    private func explainRoles(_ claims: TokenClaims, in explanation: inout AuthorizationExplanation) {
        guard let names = try? claims.texts("role"), !names.isEmpty,
            let kind = try? Identity.Kind(claims: claims, configuration: configuration)
        else { return }
        let catalog = roles.catalog
        for name in names {
            let shown = name.shownInTerminal
            guard let audience = kind.roleAudience else {
                explanation.note("role", "\(shown) gives nothing: leads have no roles")
                continue
            }
            guard let role = catalog.role(named: name) else {
                explanation.note("role", "\(shown) gives nothing: there is no role with exactly this name")
                continue
            }
            explanation.note(
                "role",
                role.audience == audience
                    ? "\(shown) gives \(role.permissions.count) permissions"
                    : "\(shown) gives nothing: it is a role for \(role.audience.rawValue)s' tokens, and this is \(audience == .operator ? "an" : "a") \(audience.rawValue)'s"
            )
        }
    }
}

extension String {
    /// The text without what could act on a terminal, and not longer than a line.
    fileprivate var shownInTerminal: String {
        let visible = unicodeScalars.prefix(100).map { scalar in
            scalar.value >= 0x20 && scalar.value < 0x7F ? Character(scalar) : "?"
        }
        return String(visible)
    }
}
