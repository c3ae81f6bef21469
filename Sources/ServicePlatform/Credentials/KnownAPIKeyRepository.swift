package import Entities
package import PostgresClient
package import Primitives

/// SQL of the API keys that a service accepts: `main.api_keys` and `main.api_key_secrets`, which tenant management writes and other
/// services copy.
package struct KnownAPIKeyRepository: Sendable {
    package let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// The keys with one of these hashes, also those that have expired.
    package func find(hashes: [[UInt8]]) async throws(PostgresError) -> [KnownAPIKey] {
        let result = try await pool.query(
            Self.finding, [.textArray(hashes.map(Hex.encode))], settings: TenantScope.everyTenant, as: .read)
        var keys: [KnownAPIKey] = []
        for row in result.rows {
            keys.append(
                KnownAPIKey(
                    id: try row.identifier(0), tenant: try row.identifierIfPresent(1),
                    permissions: try row.textArray(2), roles: try row.textArray(3), hash: try row.bytes(4),
                    expiresOn: try row.timestamp(5), previousHash: try row.bytesIfPresent(6),
                    previousExpiresOn: try row.timestampIfPresent(7)))
        }
        return keys
    }

    private static let finding: PostgresStatement = """
        WITH wanted AS MATERIALIZED (
            SELECT array_agg(decode(hash, 'hex')) AS hashes FROM unnest($1::text[]) AS hash
        ), found AS (
            SELECT key_id FROM main.api_key_secrets WHERE hash = ANY((SELECT hashes FROM wanted)::bytea[])
            UNION SELECT key_id FROM main.api_key_secrets WHERE previous_hash = ANY((SELECT hashes FROM wanted)::bytea[])
        )
        SELECT key.id, key.tenant_id, key.permissions, key.roles, secret.hash, key.expires_on, secret.previous_hash,
            secret.previous_expires_on
        FROM found JOIN main.api_keys AS key ON key.id = found.key_id
            JOIN main.api_key_secrets AS secret ON secret.key_id = key.id
        WHERE NOT key.deleted
        """
}
