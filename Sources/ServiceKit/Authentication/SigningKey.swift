import FoundationEssentials
import JSONCoding
import JWTKit

/// A key with the one algorithm it may be used with: a token cannot choose another (RFC 8725 section 3.1).
struct SigningKey: Sendable {
    /// `kid` by which tokens name the key; nil for the shared secret.
    let identifier: String?
    /// Value that the token's `alg` header must have.
    let algorithm: String
    private let verifier: JWTKeyCollection

    /// The shared HS256 secret.
    static func sharedSecret(_ secret: String) async -> SigningKey {
        let keys = JWTKeyCollection()
        await keys.add(hmac: .sharedSecret(secret), digestAlgorithm: .sha256)
        return SigningKey(identifier: nil, algorithm: "HS256", verifier: keys)
    }

    /// A key of a key set. Keys without `kid`, without a usable algorithm, or symmetric ones are refused: nil.
    static func publicKey(_ jwk: JWK) async -> SigningKey? {
        guard let identifier = jwk.keyIdentifier?.string, let algorithm = pinnedAlgorithm(of: jwk) else { return nil }
        var pinned = jwk
        if pinned.algorithm == nil { pinned.algorithm = JWK.Algorithm(rawValue: algorithm) }
        let keys = JWTKeyCollection()
        guard (try? await keys.add(jwk: pinned)) != nil else { return nil }
        return SigningKey(identifier: identifier, algorithm: algorithm, verifier: keys)
    }

    /// Whether the signature of the token is this key's. Claims are not looked at.
    func isSignature(of token: String) async -> Bool {
        (try? await verifier.verify(token, as: UncheckedPayload.self)) != nil
    }

    /// The algorithm that the key says, or else the only one that its type and curve allow here.
    private static func pinnedAlgorithm(of jwk: JWK) -> String? {
        let supported: Set<String> = [
            "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
        ]
        if let named = jwk.algorithm?.rawValue { return supported.contains(named) ? named : nil }
        switch (jwk.keyType.rawValue, jwk.curve?.rawValue) {
        case ("RSA", _): return "RS256"
        case ("EC", "P-256"): return "ES256"
        case ("EC", "P-384"): return "ES384"
        case ("EC", "P-521"): return "ES512"
        case ("OKP", "Ed25519"): return "EdDSA"
        default: return nil
        }
    }
}

/// JWTKit decodes the payload as it verifies; the claims are read by our own parser, which accepts any JSON types.
private struct UncheckedPayload: JWTPayload {
    init(from decoder: any Decoder) throws {}
    func encode(to encoder: any Encoder) throws {}
    func verify(using algorithm: some JWTAlgorithm) async throws {}
}

extension HMACKey {
    /// The HS256 key of a secret of any length.
    ///
    /// JWTKit asserts 32 bytes, which RFC 7518 section 3.2 asks for, but installations of the original have shorter ones
    /// (contract 12). HMAC itself fills keys up with zeros (RFC 2104 section 2), so that filling up changes no signature.
    static func sharedSecret(_ secret: String) -> HMACKey {
        let bytes = Array(secret.utf8)
        return HMACKey(from: bytes + Array(repeating: 0, count: max(0, 32 - bytes.count)))
    }
}
