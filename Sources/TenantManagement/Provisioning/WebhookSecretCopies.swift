import Primitives
import RedisClient

/// The copies of webhook secrets in Redis, which expire (docs/contract/architecture.md). A copy may be lost at any time, because
/// the secret can be derived again.
struct WebhookSecretCopies: Sendable {
    let redis: RedisClient
    let lifetime: Duration

    /// A secret with the context it belongs to.
    struct Copy: Sendable {
        let secret: String
        let context: String
    }

    /// The copy for a tenant; nil when it is missing or Redis is not available.
    func copy(of tenant: Identifier) async -> Copy? {
        guard let value = try? await redis.get(key(tenant)) else { return nil }
        let parts = String(decoding: value, as: UTF8.self).split(separator: ":", maxSplits: 1)
        return parts.count == 2 ? Copy(secret: String(parts[0]), context: String(parts[1])) : nil
    }

    /// Stores a copy and replaces that of an earlier provisioning.
    func store(_ copy: Copy, tenant: Identifier) async {
        _ = try? await redis.set(key(tenant), Array("\(copy.secret):\(copy.context)".utf8), expire: lifetime)
    }

    /// Removes the copy once the provisioning has ended.
    func remove(_ tenant: Identifier) async { _ = try? await redis.delete([key(tenant)]) }

    private func key(_ tenant: Identifier) -> String { "webhook-secret:\(tenant)" }
}
