import Logging
import RedisClient

/// The form of leads' keys in Redis (`LEAD_KEY_REDIS_FORMAT`).
enum LeadKeyRedisFormat: String, Sendable, CaseIterable {
    /// Not at all.
    case none
    /// As in the original, for programs that read them.
    case arc
}

/// The original's entries for the keys of leads in Redis (docs/contract/arc-api.md 11.1): `_kvModel:<key>` is a
/// MessagePack map `{"token": "<token of the lead>"}`.
///
/// The service itself does not read them: PostgreSQL alone decides whether a key is valid. They are for facades that verify
/// keys before they call the service. An entry contains a token that is valid before its key is used, so it is written only if
/// it is configured, and expires with its key.
struct LeadKeyEntries: Sendable {
    let redis: RedisClient
    /// Lifetime of a key.
    let lifetime: Duration
    let logger: Logger

    /// Stores an entry. Without Redis it is missing, and a facade finds no key.
    func store(_ key: LeadKey, token: String) async {
        do {
            _ = try await redis.set(Self.name(key), MessagePack.map("token", token), expire: lifetime)
        } catch {
            logger.warning("The key of a lead was not stored in Redis", metadata: ["error": "\(error)"])
        }
    }

    /// Removes the entry of a key that was used. Without Redis it expires.
    func remove(_ key: LeadKey) async {
        do {
            _ = try await redis.delete(Self.name(key))
        } catch {
            logger.warning(
                "The used key of a lead was not removed from Redis, where it expires", metadata: ["error": "\(error)"])
        }
    }

    private static func name(_ key: LeadKey) -> String { "_kvModel:" + key.text }
}
