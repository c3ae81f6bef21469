import Entities
import KeyRotation
import PostgresClient
import Primitives
import Sealing

/// SQL of the keys of entitlement tokens: `main.signing_keys`.
struct EntitlementKeyRepository: Sendable {
    let pool: PostgresPool
    let sealer: Sealer

    /// What keys are sealed for.
    static let sealingPurpose = "entitlement-keys"

    /// The keys, as `arc keys rotate` finds them.
    static let sealedColumn = SealedColumn(
        "main.signing_keys", "sealed", key: [.init("id", "uuid")], purpose: sealingPurpose
    ) { SealedPlace(label($0.text("id"))) }

    private static func label(_ id: String) -> String { "signing_keys/\(id)" }

    /// The keys that can be opened.
    func keys() async throws -> EntitlementKeyring {
        let result = try await pool.query(Self.reading, settings: TenantScope.everyTenant, as: .read)
        var keys: [EntitlementKey] = []
        for row in result.rows {
            let label = Self.label(try row.identifier(0).description)
            guard let secret = try? sealer.open(try row.bytes(1), label: label),
                let key = EntitlementKey(secret: secret, signsFrom: try row.timestamp(2))
            else { continue }
            keys.append(key)
        }
        return EntitlementKeyring(keys)
    }

    private static let reading: PostgresStatement =
        "SELECT id, sealed, signs_from FROM main.signing_keys ORDER BY signs_from, id"

    /// Stores a key, unless another node has stored one since the newest that is known.
    /// - Parameter newest: When the newest known key signs; nil when none is known.
    func add(_ key: EntitlementKey, after newest: Timestamp?, at now: Timestamp) async throws {
        let id = Identifier.v7(at: now)
        let sealed = try sealer.sealNamed(key.secret, label: Self.label(id.description))
        var batch = PostgresBatch(settings: TenantScope.everyTenant)
        batch.add(Self.locking)
        batch.add(
            Self.adding,
            [
                .identifier(id), .text(key.id), .bytes(key.publicBytes), .bytes(sealed), .timestamp(now),
                .timestamp(key.signsFrom), .optional(newest) { .timestamp($0) },
            ])
        _ = try await pool.run(batch)
    }

    private static let locking: PostgresStatement =
        "SELECT pg_advisory_xact_lock(hashtextextended('entitlement keys', 0))"

    private static let adding: PostgresStatement = """
        INSERT INTO main.signing_keys (id, key_id, public_key, sealed, created_on, signs_from)
        SELECT $1, $2, $3, $4, $5, $6
        WHERE NOT EXISTS (SELECT FROM main.signing_keys WHERE $7::timestamptz IS NULL OR signs_from > $7)
        """

    /// Removes keys.
    func remove(_ keys: [EntitlementKey]) async throws {
        _ = try await pool.query(
            "DELETE FROM main.signing_keys WHERE key_id = ANY($1)", [.textArray(keys.map(\.id))],
            settings: TenantScope.everyTenant)
    }
}
