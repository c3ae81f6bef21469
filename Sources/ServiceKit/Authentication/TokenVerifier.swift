import HTTPTypes
import JSONCoding
package import Primitives
import Synchronization

/// Verifies bearer tokens: signature with the key's own algorithm, `iss`, `exp`, `nbf`, `passwordExpiryTime`.
///
/// A verified token is remembered, by its whole text, until it expires or the cache lifetime is over, so that a client
/// that sends the same token again costs a dictionary look-up. Replacing the keys empties the memory.
package final class TokenVerifier: Sendable {
    private struct State {
        var keys: [String: SigningKey] = [:]
        var sharedSecret: SigningKey?
        var generation = 0
        var verified: [String: Entry] = [:]
    }

    private struct Entry {
        let identity: Identity
        let validUntil: Timestamp
    }

    /// Longest token accepted, in bytes. Header limits allow more; no honest token needs it.
    private static let maximumLength = 16 * 1024
    /// Tokens remembered at most; when it is full it is emptied, which costs each client one verification.
    private static let capacity = 10_000

    private let configuration: TokenConfiguration
    private let clock: any WallClock
    private let state = Mutex(State())

    /// Creates a verifier for the configured shared secret. Keys of a key set are added by ``replaceKeySet(_:)``.
    package init(configuration: TokenConfiguration, clock: any WallClock) async {
        self.configuration = configuration
        self.clock = clock
        if let secret = configuration.secret {
            let key = await SigningKey.sharedSecret(secret)
            state.withLock { $0.sharedSecret = key }
        }
    }

    /// Uses exactly these keys of an identity provider from now on; tokens of removed keys stop working at once.
    func replaceKeySet(_ keys: [SigningKey]) {
        state.withLock { state in
            state.keys = Dictionary(keys.compactMap { key in key.identifier.map { ($0, key) } }) { first, _ in first }
            state.generation += 1
            state.verified = [:]
        }
    }

    /// Number of keys of the key set in use.
    package var keySetSize: Int { state.withLock { $0.keys.count } }

    /// The identity a token speaks for.
    /// - Throws: ``HTTPFailure/invalidToken`` for every token that cannot be accepted.
    package func verify(_ token: String) async throws(HTTPFailure) -> Identity {
        let now = clock.now()
        if let known = state.withLock({ $0.verified[token] }), known.validUntil > now { return known.identity }
        let identity = try await verifyUncached(token, now: now)
        return identity
    }

    private func verifyUncached(_ token: String, now: Timestamp) async throws(HTTPFailure) -> Identity {
        guard token.utf8.count <= Self.maximumLength else { throw .invalidToken }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3,
            let header = Self.object(parts[0]), let claims = Self.object(parts[1]),
            let algorithm = header["alg"]?.stringValue
        else { throw .invalidToken }

        let (key, generation) = state.withLock { state in
            let named = header["kid"]?.stringValue.flatMap { state.keys[$0] }
            return (named ?? (algorithm == "HS256" ? state.sharedSecret : nil), state.generation)
        }
        guard let key, key.algorithm == algorithm, header["crit"] == nil, await key.isSignature(of: token) else {
            throw .invalidToken
        }
        let validUntil = try checkClaims(claims, now: now)
        let identity = Identity(claims: claims)
        state.withLock { state in
            guard state.generation == generation else { return }
            if state.verified.count >= Self.capacity { state.verified = [:] }
            state.verified[token] = Entry(identity: identity, validUntil: validUntil)
        }
        return identity
    }

    /// - Returns: Until when the outcome may be remembered.
    private func checkClaims(_ claims: JSONObject, now: Timestamp) throws(HTTPFailure) -> Timestamp {
        var validUntil = now.adding(configuration.cacheLifetime)
        if let required = configuration.issuer {
            guard claims["iss"]?.stringValue == required else { throw .invalidToken }
        }
        if let expiry = claims["exp"] {
            guard let time = Identity.time(expiry), time.adding(configuration.clockSkew) > now else {
                throw .invalidToken
            }
            validUntil = min(validUntil, time.adding(configuration.clockSkew))
        }
        if let notBefore = claims["nbf"] {
            guard let time = Identity.time(notBefore), time <= now.adding(configuration.clockSkew) else {
                throw .invalidToken
            }
        }
        if let text = claims["passwordExpiryTime"]?.stringValue {
            guard let time = Timestamp(iso8601: text), time > now else {
                throw HTTPFailure(
                    .unauthorized, name: "UnauthorizedError", message: ["message": "PasswordExpiryError"])
            }
            validUntil = min(validUntil, time)
        }
        return validUntil
    }

    private static func object(_ part: Substring) -> JSONObject? {
        guard let bytes = Base64URL.decode(part), let value = try? JSONValue.parse(bytes) else { return nil }
        return value.objectValue
    }
}
