import JSONCoding
import JWTKit

/// A key with the one algorithm it may be used with: a token cannot choose another (RFC 8725 section 3.1).
struct SigningKey: Sendable {
    /// `kid` by which tokens name the key; nil for the shared secret.
    let identifier: String?
    /// Value that the token's `alg` header must have.
    let algorithm: String
    private let verifier: JWTKeyCollection

    /// Algorithms that keys of a key set may have.
    static let publicAlgorithms = rsaAlgorithms.union(["ES256", "ES384", "ES512", "EdDSA"])
    private static let rsaAlgorithms: Set<String> = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
    /// RFC 7518 section 3.3 demands 2048 bits.
    private static let shortestModulus = 256

    /// The shared HS256 secret.
    static func sharedSecret(_ secret: String) async -> SigningKey {
        let keys = JWTKeyCollection()
        await keys.add(hmac: .sharedSecret(secret), digestAlgorithm: .sha256)
        return SigningKey(identifier: nil, algorithm: "HS256", verifier: keys)
    }

    /// A JSON Web Key that can verify tokens; nil for any other key: one for encryption (`use`), one whose `key_ops` do not
    /// contain `verify`, one whose `alg` does not match its type, or one with members of unexpected types. Only public
    /// members are read.
    static func publicKey(_ members: JSONObject) async -> SigningKey? {
        guard let identifier = members["kid"]?.stringValue, isForVerifying(members),
            let algorithm = algorithm(of: members), let pinned = JWK.Algorithm(rawValue: algorithm)
        else { return nil }
        let name = JWKIdentifier(string: identifier)
        let jwk: JWK
        switch members["kty"]?.stringValue {
        case "RSA":
            guard let modulus = members["n"]?.stringValue, let exponent = members["e"]?.stringValue,
                let bytes = Base64URL.decode(modulus[...]), bytes.drop(while: { $0 == 0 }).count >= shortestModulus
            else { return nil }
            jwk = .rsa(pinned, identifier: name, modulus: modulus, exponent: exponent)
        case "EC":
            guard let curve = members["crv"]?.stringValue.flatMap(ECDSACurve.init(rawValue:)) else { return nil }
            jwk = .ecdsa(
                pinned, identifier: name, x: members["x"]?.stringValue, y: members["y"]?.stringValue, curve: curve)
        case "OKP":
            jwk = .octetKeyPair(pinned, identifier: name, x: members["x"]?.stringValue, y: nil, curve: .ed25519)
        default: return nil
        }
        let keys = JWTKeyCollection()
        guard (try? await keys.add(jwk: jwk)) != nil else { return nil }
        return SigningKey(identifier: identifier, algorithm: algorithm, verifier: keys)
    }

    /// Whether the token was signed with this key. Claims are not checked.
    func isSignature(of token: String) async -> Bool {
        (try? await verifier.verify(token, as: UncheckedPayload.self)) != nil
    }

    /// RFC 7517 sections 4.2 and 4.3.
    private static func isForVerifying(_ members: JSONObject) -> Bool {
        if let use = members["use"], use.stringValue != "sig" { return false }
        if let operations = members["key_ops"] {
            guard let list = operations.arrayValue, list.contains(where: { $0.stringValue == "verify" }) else {
                return false
            }
        }
        return true
    }

    /// The key's `alg` if it matches the key's type and curve; without `alg`, the default for them.
    private static func algorithm(of members: JSONObject) -> String? {
        let allowed: Set<String>
        let standard: String
        switch (members["kty"]?.stringValue, members["crv"]?.stringValue) {
        case ("RSA", _): (allowed, standard) = (rsaAlgorithms, "RS256")
        case ("EC", "P-256"): (allowed, standard) = (["ES256"], "ES256")
        case ("EC", "P-384"): (allowed, standard) = (["ES384"], "ES384")
        case ("EC", "P-521"): (allowed, standard) = (["ES512"], "ES512")
        case ("OKP", "Ed25519"): (allowed, standard) = (["EdDSA"], "EdDSA")
        default: return nil
        }
        guard let named = members["alg"] else { return standard }
        return named.stringValue.flatMap { allowed.contains($0) ? $0 : nil }
    }
}

/// JWTKit decodes the payload while it verifies. ``TokenClaims`` reads the claims, because it accepts any JSON types.
private struct UncheckedPayload: JWTPayload {
    init(from decoder: any Decoder) throws {}
    func encode(to encoder: any Encoder) throws {}
    func verify(using algorithm: some JWTAlgorithm) async throws {}
}

extension HMACKey {
    /// The HS256 key of a secret of any length.
    ///
    /// JWTKit asserts 32 bytes, which RFC 7518 section 3.2 asks for, but installations of the original have shorter ones.
    /// HMAC itself pads keys with zeros (RFC 2104 section 2), so padding them does not change signatures.
    static func sharedSecret(_ secret: String) -> HMACKey {
        let bytes = Array(secret.utf8)
        return HMACKey(from: bytes + Array(repeating: 0, count: max(0, 32 - bytes.count)))
    }
}
