import Crypto
import FoundationEssentials
import Primitives
import Sealing

/// Derives the secret with which a pipeline signs its callback.
///
/// It follows from the tenant, the context of this provisioning and a key of the environment (HMAC-SHA256), so that it
/// need not be stored: a callback can be verified after Redis was emptied and after any time (docs/contract/arc-api.md
/// 13.2). Callbacks of what was requested under an earlier key are accepted as long as the environment still has that key.
struct WebhookSecrets: Sendable {
    private let current: SymmetricKey
    private let others: [SymmetricKey]

    init(keys: EncryptionKeys) {
        current = keys.current.derived(for: "webhook")
        others = keys.others.map { $0.derived(for: "webhook") }
    }

    /// 32 hexadecimal characters (docs/contract/arc-api.md 9.3).
    func secret(tenant: Identifier, context: Identifier) -> String {
        Self.secret(tenant: tenant, context: context, key: current)
    }

    /// The secrets that may have signed a callback, the newest first.
    func candidates(tenant: Identifier, context: Identifier) -> [String] {
        ([current] + others).map { Self.secret(tenant: tenant, context: context, key: $0) }
    }

    private static func secret(tenant: Identifier, context: Identifier, key: SymmetricKey) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Data("\(tenant).\(context)".utf8), using: key)
        return Hex.encode(Array(code).prefix(16))
    }
}
