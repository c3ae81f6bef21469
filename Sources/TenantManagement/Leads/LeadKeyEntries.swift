import Logging
import RedisClient

/// How keys of leads stand in Redis (`LEAD_KEY_REDIS_FORMAT`).
enum LeadKeyRedisFormat: String, Sendable, CaseIterable {
    /// Not at all.
    case none
    /// As the original's, for programs that look there themselves.
    case arc
}

/// The original's entries for the keys of leads in Redis (docs/contract/arc-api.md 11.1): `_kvModel:<key>` is a
/// MessagePack map `{"token": "<token of the lead>"}`.
///
/// The service itself does not read them: whether a key is good is decided by PostgreSQL alone. They are for facades that
/// verify keys themselves before they ask the service. An entry holds a token that is good before its key is used, so
/// it is only written where it is asked for, and it expires with its key, in the command that writes it.
struct LeadKeyEntries: Sendable {
    let redis: RedisClient
    /// How long a key lives.
    let lifetime: Duration
    let logger: Logger

    /// Puts an entry there. Without Redis there is none, which a facade takes for an unknown key.
    func store(_ key: LeadKey, token: String) async {
        do {
            _ = try await redis.set(Self.name(key), MessagePack.map("token", token), expire: lifetime)
        } catch {
            logger.warning("a lead's key is in PostgreSQL only", metadata: ["error": "\(error)"])
        }
    }

    /// Removes the entry of a key that was used. Without Redis it expires.
    func remove(_ key: LeadKey) async {
        do {
            _ = try await redis.delete(Self.name(key))
        } catch {
            logger.warning("a used lead's key stays in Redis until it expires", metadata: ["error": "\(error)"])
        }
    }

    private static func name(_ key: LeadKey) -> String { "_kvModel:" + key.text }
}
