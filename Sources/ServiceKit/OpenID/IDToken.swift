import Crypto
package import JSONCoding
package import Primitives

/// Why an ID token is refused. For the log: it has no data of the token.
package enum IDTokenFault: String, Error, Sendable, Hashable, CaseIterable {
    case malformed
    /// The algorithm does not use a public key (`none`, `HS256`), or no key of the provider fits.
    case unknownKey
    case signature
    case issuer
    case audience
    case authorizedParty
    case nonce
    case expired
    case notYetValid
    /// Issued too long ago, or in the future.
    case issuedAt
    case accessTokenHash
    case subject
}

/// Verifies ID tokens as OpenID Connect Core section 3.1.3.7 says.
package struct IDTokenVerifier: Sendable {
    /// What a token has to be good for.
    package struct Expectation: Sendable {
        /// The nonce of the request that the token answers.
        package let nonce: String
        /// The access token beside it, for `at_hash`.
        package let accessToken: String?

        package init(nonce: String, accessToken: String?) {
            self.nonce = nonce
            self.accessToken = accessToken
        }
    }

    /// A token is used once, right after it was issued.
    static let maximumAge = Duration.seconds(600)
    private static let limits = JSONLimits(bytes: 64 << 10, allowsRepeatedKeys: false)

    private let issuer: String
    private let clientID: String
    private let clockSkew: Duration
    private let keys: ProviderKeys

    /// - Parameter clockSkew: By how much the clocks of the provider and of this service may differ.
    package init(issuer: String, clientID: String, clockSkew: Duration, keys: ProviderKeys) {
        self.issuer = issuer
        self.clientID = clientID
        self.clockSkew = clockSkew
        self.keys = keys
    }

    /// The claims of a token that is in order.
    /// - Throws: ``IDTokenFault``.
    package func verify(
        _ token: String, for expectation: Expectation, now: Timestamp
    ) async throws(IDTokenFault) -> JSONObject {
        guard token.utf8.count <= Self.limits.bytes else { throw .malformed }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.object(parts[0]), let claims = Self.object(parts[1]),
            let algorithm = header["alg"]?.stringValue, header["crit"] == nil
        else { throw .malformed }
        let name: String?
        switch header["kid"] {
        case nil: name = nil
        case .string(let text): name = text
        default: throw .malformed
        }
        guard let key = await keys.key(named: name, algorithm: algorithm) else { throw .unknownKey }
        guard await key.isSignature(of: token) else { throw .signature }
        try check(claims, expectation, algorithm: algorithm, now: now)
        return claims
    }

    private func check(
        _ claims: JSONObject, _ expectation: Expectation, algorithm: String, now: Timestamp
    ) throws(IDTokenFault) {
        guard claims["iss"]?.stringValue?.hasSameBytes(as: issuer) == true else { throw .issuer }
        try checkAudience(claims)
        try checkTimes(claims, now: now)
        // Both are 256 random bits in hexadecimal; comparing digests takes the same time for all texts.
        guard let nonce = claims["nonce"]?.stringValue,
            SHA256.hash(data: Array(nonce.utf8)) == SHA256.hash(data: Array(expectation.nonce.utf8))
        else { throw .nonce }
        if let hash = claims["at_hash"] {
            guard let text = hash.stringValue, let accessToken = expectation.accessToken,
                text.hasSameBytes(as: Self.hash(of: accessToken, algorithm: algorithm))
            else { throw .accessTokenHash }
        }
        guard let subject = claims["sub"]?.stringValue, (1...255).contains(subject.utf8.count),
            !subject.utf8.contains(0)
        else { throw .subject }
    }

    /// A token for several audiences must name this client as the one it was issued to.
    private func checkAudience(_ claims: JSONObject) throws(IDTokenFault) {
        let audiences: [String]
        switch claims["aud"] {
        case .string(let text): audiences = [text]
        case .array(let list): audiences = list.compactMap(\.stringValue)
        default: throw .audience
        }
        guard audiences.contains(where: clientID.hasSameBytes) else { throw .audience }
        switch claims["azp"] {
        case nil: guard audiences.count == 1 else { throw .authorizedParty }
        case .string(let party): guard party.hasSameBytes(as: clientID) else { throw .authorizedParty }
        default: throw .authorizedParty
        }
    }

    private func checkTimes(_ claims: JSONObject, now: Timestamp) throws(IDTokenFault) {
        guard let expiry = Self.time(claims, "exp"), expiry.adding(clockSkew) > now else { throw .expired }
        guard let issuedAt = Self.time(claims, "iat"), issuedAt <= now.adding(clockSkew),
            issuedAt.adding(Self.maximumAge).adding(clockSkew) > now
        else { throw .issuedAt }
        if claims["nbf"] != nil {
            guard let start = Self.time(claims, "nbf"), start <= now.adding(clockSkew) else { throw .notYetValid }
        }
    }

    /// The left half of the digest of the algorithm's size, in base64url (section 3.1.3.6); SHA-512 for Ed25519.
    static func hash(of accessToken: String, algorithm: String) -> String {
        let bytes = Array(accessToken.utf8)
        let digest: [UInt8]
        if algorithm.hasSuffix("256") {
            digest = Array(SHA256.hash(data: bytes))
        } else if algorithm.hasSuffix("384") {
            digest = Array(SHA384.hash(data: bytes))
        } else {
            digest = Array(SHA512.hash(data: bytes))
        }
        return Base64URL.encode(digest[..<(digest.count / 2)])
    }

    private static func time(_ claims: JSONObject, _ name: String) -> Timestamp? {
        guard let seconds = claims[name]?.doubleValue, abs(seconds) < 9e12 else { return nil }
        return Timestamp(microseconds: Int64(seconds * 1_000_000))
    }

    private static func object(_ part: Substring) -> JSONObject? {
        guard let bytes = Base64URL.decode(part) else { return nil }
        return (try? JSONValue.parse(bytes, limits: limits))?.objectValue
    }
}
