import Crypto
import FoundationEssentials
import Primitives

/// The key that signs the deliveries of an endpoint (Standard Webhooks 1.0.0).
///
/// Its text is `whsec_` or `whsk_` with Base64: that is what is sealed, and what receivers with HMAC are given. With Ed25519
/// they are given the public key (`whpk_`); the private one never leaves.
enum WebhookKey: Sendable {
    case hmac([UInt8])
    case ed25519(Curve25519.Signing.PrivateKey)

    /// Bytes of a secret: the specification allows 24 to 64.
    private static let secretLength = 32

    /// A new key.
    static func make(_ signing: WebhookEndpoint.Signing) -> WebhookKey {
        switch signing {
        case .hmac: .hmac(SecureRandom.bytes(secretLength))
        case .ed25519: .ed25519(Curve25519.Signing.PrivateKey())
        }
    }

    /// The key of a text that ``text`` has returned; nil for any other.
    init?(text: String) {
        if text.hasPrefix("whsec_"), let bytes = Data(base64Encoded: String(text.dropFirst(6))) {
            self = .hmac(Array(bytes))
        } else if text.hasPrefix("whsk_"), let bytes = Data(base64Encoded: String(text.dropFirst(5))),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes)
        {
            self = .ed25519(key)
        } else {
            return nil
        }
    }

    /// The whole key, to be sealed.
    var text: String {
        switch self {
        case .hmac(let bytes): "whsec_" + Data(bytes).base64EncodedString()
        case .ed25519(let key): "whsk_" + key.rawRepresentation.base64EncodedString()
        }
    }

    var signing: WebhookEndpoint.Signing {
        switch self {
        case .hmac: .hmac
        case .ed25519: .ed25519
        }
    }

    /// What the receiver is given, with the name of its member.
    var shown: (name: String, value: String) {
        switch self {
        case .hmac: ("secret", text)
        case .ed25519(let key): ("publicKey", "whpk_" + key.publicKey.rawRepresentation.base64EncodedString())
        }
    }

    /// The signature of a message, with its version: `v1,…` or `v1a,…`.
    /// - Throws: When the key cannot sign.
    func signature(of message: [UInt8]) throws -> String {
        switch self {
        case .hmac(let bytes):
            let code = HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: bytes))
            return "v1," + Data(code).base64EncodedString()
        case .ed25519(let key): return "v1a," + (try key.signature(for: message)).base64EncodedString()
        }
    }
}
