import Crypto
import FoundationEssentials
import Primitives

/// Derives the secret with which a pipeline signs its callback.
///
/// It follows from the tenant, the context of this provisioning and a key of the environment (HMAC-SHA256), so that it
/// need not be stored: a callback can be verified after Redis was emptied and after any time (docs/contract/arc-api.md
/// 13.2).
struct WebhookSecrets: Sendable {
    private let key: SymmetricKey

    init(encryptionKey: String) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: Data(encryptionKey.utf8)), info: Data("arc:webhook".utf8),
            outputByteCount: 32)
    }

    /// 32 hexadecimal characters (docs/contract/arc-api.md 9.3).
    func secret(tenant: Identifier, context: Identifier) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Data("\(tenant).\(context)".utf8), using: key)
        return Hex.encode(Array(code).prefix(16))
    }
}
