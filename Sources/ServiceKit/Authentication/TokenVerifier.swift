import HTTPTypes
import JSONCoding
package import Primitives
import Synchronization

/// Verifies bearer tokens: signature with the key's own algorithm, `iss`, `aud`, `exp`, `nbf`, `passwordExpiryTime`, and
/// that every claim which restricts the bearer can be read.
///
/// A verified token is remembered by its whole text until it expires or the cache lifetime is over, so that sending it
/// again costs only a dictionary lookup. Replacing the keys or the roles, and revoking tokens, empties
/// this cache.
package final class TokenVerifier: KeySetHolder {
    private struct State {
        var keys = KeySet()
        var sharedSecret: SigningKey?
        var refresh: KeySetRefresh?
        var generation = 0
        var verified = VerifiedTokens()
    }

    /// Maximum length of a token in bytes. Header limits allow more, but no real token is as long.
    static let maximumLength = 16 * 1024
    /// The issuer, or a proxy that has checked the token, may interpret a repeated key differently.
    private static let jsonLimits = JSONLimits(bytes: maximumLength, allowsRepeatedKeys: false)

    let configuration: TokenConfiguration
    let clock: any WallClock
    let roles: RoleBook
    let revocations: (any TokenRevocations)?
    private let state = Mutex(State())

    /// Creates a verifier for the configured shared secret. Keys of a key set are added by ``replaceKeySet(_:)``.
    /// - Parameters:
    ///   - roles: What the claim `role` stands for.
    ///   - revocations: Tokens that are refused although they are valid otherwise.
    package init(
        configuration: TokenConfiguration, clock: any WallClock, roles: RoleBook = RoleBook(),
        revocations: (any TokenRevocations)? = nil
    ) async {
        self.configuration = configuration
        self.clock = clock
        self.roles = roles
        self.revocations = revocations
        if let secret = configuration.secret {
            let key = await SigningKey.sharedSecret(secret)
            state.withLock { $0.sharedSecret = key }
        }
        roles.onChange { [weak self] in self?.forgetVerifiedTokens() }
        revocations?.onChange { [weak self] in self?.forgetVerifiedTokens() }
    }

    /// What is being verified meanwhile is not remembered either.
    private func forgetVerifiedTokens() {
        state.withLock { state in
            state.generation += 1
            state.verified.removeAll()
        }
    }

    /// Replaces the keys of the identity provider; tokens of removed keys are rejected immediately.
    func replaceKeySet(_ keys: [SigningKey]) {
        state.withLock { state in
            state.keys = KeySet(keys)
            state.generation += 1
            state.verified.removeAll()
        }
    }

    /// Sets what is done when a token names an unknown key.
    func onUnknownKey(_ refresh: @escaping KeySetRefresh) { state.withLock { $0.refresh = refresh } }

    /// Number of keys of the key set in use.
    package var keySetSize: Int { state.withLock { $0.keys.count } }

    /// The caller that a token identifies.
    /// - Throws: ``HTTPFailure/invalidToken`` for every token that cannot be accepted; 403 for a token whose tenant is not a
    ///   UUID; an error of the database when revocations have to be looked up there.
    package func verify(_ token: String) async throws -> Identity {
        let now = clock.now()
        if revocations?.isCurrent ?? true,
            let known = state.withLock({ $0.verified.identity(of: token, now: now) })
        {
            return known
        }
        return try await verifyUncached(token, now: now)
    }

    private func verifyUncached(_ token: String, now: Timestamp) async throws -> Identity {
        guard token.utf8.count <= Self.maximumLength else { throw HTTPFailure.invalidToken }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3,
            let header = Self.object(parts[0]), let object = Self.object(parts[1]),
            // Of a signature, too, there is one spelling only: what is not the token that was issued is not accepted.
            Base64URL.decode(parts[2]) != nil,
            let algorithm = header["alg"]?.stringValue, header["crit"] == nil
        else { throw HTTPFailure.invalidToken }

        guard let (key, generation) = await key(named: header["kid"]?.stringValue, algorithm: algorithm),
            await key.isSignature(of: token)
        else { throw HTTPFailure.invalidToken }
        let claims = TokenClaims(object)
        let validUntil = try checkClaims(claims, now: now)
        let identity = try Identity(claims: claims, configuration: configuration, roles: roles.catalog)
        if let revocations, try await revocations.isRevoked(RevocableToken(identity, issuedAt: claims.issuedAt)) {
            throw HTTPFailure.invalidToken
        }
        state.withLock { state in
            guard state.generation == generation else { return }
            state.verified.insert(token, identity, validUntil: validUntil)
        }
        return identity
    }

    /// The key that a token's header names, and its generation of keys. If the set has keys with the name, no other key is
    /// considered; the shared secret has no name. If the name is unknown, the provider may have rotated its keys, so the
    /// set is read again.
    func key(named name: String?, algorithm: String) async -> (SigningKey, generation: Int)? {
        let (choice, generation, refresh) = choose(name, algorithm: algorithm)
        if case .key(let key) = choice { return (key, generation) }
        guard case .unknown = choice, name != nil, SigningKey.publicAlgorithms.contains(algorithm), let refresh else {
            return nil
        }
        await refresh()
        let (second, newGeneration, _) = choose(name, algorithm: algorithm)
        guard case .key(let key) = second else { return nil }
        return (key, newGeneration)
    }

    private func choose(
        _ name: String?, algorithm: String
    ) -> (KeySet.Choice, generation: Int, refresh: KeySetRefresh?) {
        state.withLock { state in
            var choice = state.keys.choose(name, algorithm: algorithm)
            if case .unknown = choice, let secret = state.sharedSecret, secret.algorithm == algorithm {
                choice = .key(secret)
            }
            return (choice, state.generation, state.refresh)
        }
    }

    /// - Returns: Until when the outcome may be remembered.
    private func checkClaims(_ claims: TokenClaims, now: Timestamp) throws(HTTPFailure) -> Timestamp {
        var validUntil = now.adding(configuration.cacheLifetime)
        if let required = configuration.issuer {
            guard claims.isText("iss", required) else { throw .invalidToken }
        }
        if let required = configuration.audience {
            guard try claims.texts("aud").contains(where: required.hasSameBytes) else { throw .invalidToken }
        }
        if let expiry = try claims.time("exp") {
            guard expiry.adding(configuration.clockSkew) > now else { throw .invalidToken }
            validUntil = min(validUntil, expiry.adding(configuration.clockSkew))
        }
        if let notBefore = try claims.time("nbf") {
            guard notBefore <= now.adding(configuration.clockSkew) else { throw .invalidToken }
        }
        if let text = try claims.text("passwordExpiryTime") {
            guard let time = Timestamp(iso8601: text), time > now else { throw .passwordExpired }
            validUntil = min(validUntil, time)
        }
        return validUntil
    }

    static func object(_ part: Substring) -> JSONObject? {
        guard let bytes = Base64URL.decode(part), let value = try? JSONValue.parse(bytes, limits: jsonLimits) else {
            return nil
        }
        return value.objectValue
    }
}

extension RevocableToken {
    fileprivate init(_ identity: Identity, issuedAt: Timestamp?) {
        var id: String?
        if case .token(let jti) = identity.credential { id = jti }
        self.init(
            id: id, users: [identity.id, identity.userTenantID].compactMap { $0 }, tenant: identity.kind.confinement,
            issuedAt: issuedAt)
    }
}
