import Entities
import MessageBus
import PostgresClient
import Primitives
import ServicePlatform

/// SQL of the copies of API keys and revoked tokens.
struct CredentialRepository: Sendable {
    let pool: PostgresPool

    /// What tenant management says about an API key.
    struct Report: Sendable, Hashable {
        let key: KnownAPIKey
        let isDeleted: Bool
        /// The version of the key. An earlier one changes nothing, so neither the order nor repetitions matter.
        let version: Int64
    }

    /// Rows that one statement removes.
    static let purgeSize = 1000

    func store(_ report: Report, at now: Timestamp) async throws(PostgresError) {
        let key = report.key
        _ = try await pool.query(
            Self.storingKey,
            [
                .identifier(key.id), .optional(key.tenant) { .identifier($0) }, .textArray(key.permissions),
                .textArray(key.roles), .timestamp(key.expiresOn), .bool(report.isDeleted), .int64(report.version),
                .timestamp(now), .bytes(key.hash), .optional(key.previousHash) { .bytes($0) },
                .optional(key.previousExpiresOn) { .timestamp($0) },
            ], settings: TenantScope.everyTenant)
    }

    private static let storingKey: PostgresStatement = """
        WITH stored AS (
            INSERT INTO main.api_keys AS known (
                id, tenant_id, permissions, roles, expires_on, deleted, row_version, changed_on)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (id) DO UPDATE SET
                tenant_id = excluded.tenant_id, permissions = excluded.permissions, roles = excluded.roles,
                expires_on = excluded.expires_on, deleted = excluded.deleted, row_version = excluded.row_version,
                changed_on = excluded.changed_on
            WHERE known.row_version < excluded.row_version
            RETURNING id
        )
        INSERT INTO main.api_key_secrets (key_id, tenant_id, hash, previous_hash, previous_expires_on)
        SELECT id, $2, $9, $10, $11 FROM stored
        ON CONFLICT (key_id) DO UPDATE SET
            tenant_id = excluded.tenant_id, hash = excluded.hash, previous_hash = excluded.previous_hash, previous_expires_on = excluded.previous_expires_on
        """

    func store(_ revocation: Revocation) async throws(PostgresError) {
        _ = try await pool.query(
            Self.storingRevocation,
            [
                .identifier(revocation.id), .text(revocation.kind.rawValue), .text(revocation.value),
                .optional(revocation.tenant) { .identifier($0) },
                .optional(revocation.issuedBefore) { .timestamp($0) },
                .optional(revocation.expiresOn) { .timestamp($0) },
            ], settings: TenantScope.everyTenant)
    }

    private static let storingRevocation: PostgresStatement = """
        INSERT INTO main.token_revocations (id, kind, value, tenant_id, issued_before, expires_on)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING
        """

    /// Publishes when keys were used here.
    func publish(_ event: EventEnvelope) async throws(PostgresError) {
        var batch = PostgresBatch(settings: TenantScope.everyTenant)
        batch.add(Outbox.insert(event))
        _ = try await pool.run(batch)
    }

    /// Removes keys that have expired, at most ``purgeSize``.
    /// - Returns: Their number.
    func purgeKeys(before instant: Timestamp) async throws(PostgresError) -> Int {
        try await pool.query(Self.purging, [.timestamp(instant)], settings: TenantScope.everyTenant).affectedRows
    }

    private static let purging = PostgresStatement(
        """
        DELETE FROM main.api_keys WHERE id = ANY(ARRAY(
            SELECT id FROM main.api_keys WHERE expires_on < $1 ORDER BY expires_on LIMIT \(purgeSize)))
        """)
}
