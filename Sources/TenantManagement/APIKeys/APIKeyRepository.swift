import Entities
import PostgresClient
import Primitives
import ServicePlatform

/// SQL of API keys beyond the common one: their hashes, rotations and last uses.
struct APIKeyRepository: Sendable {
    let pool: PostgresPool

    /// The statement that stores the hash of a new key. For the transaction of the insert, after it.
    static func secret(_ hash: [UInt8], of key: Identifier) -> BoundStatement {
        BoundStatement(storing, [.identifier(key), .bytes(hash)])
    }

    private static let storing: PostgresStatement = """
        INSERT INTO main.api_key_secrets (key_id, tenant_id, hash) SELECT id, tenant_id, $2 FROM main.api_keys WHERE id = $1
        """

    /// The statements that fail (`isGuardViolation`) when the owner of a new key has more than `limit` that have not expired.
    /// For the transaction of the insert, after it.
    static func limit(_ limit: Int, of tenant: Identifier?, at now: Timestamp) -> [BoundStatement] {
        [
            BoundStatement(locking, [.text("api keys of \(tenant?.description ?? "the operator")")]),
            tenant.map { BoundStatement(counting, [.int64(Int64(limit)), .timestamp(now), .identifier($0)]) }
                ?? BoundStatement(countingOperators, [.int64(Int64(limit)), .timestamp(now)]),
        ]
    }

    private static let locking: PostgresStatement = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"

    private static let counting: PostgresStatement = """
        SELECT 1 / (count(*) <= $1)::integer FROM main.api_keys WHERE NOT deleted AND expires_on > $2 AND tenant_id = $3
        """

    private static let countingOperators: PostgresStatement = """
        SELECT 1 / (count(*) <= $1)::integer FROM main.api_keys WHERE NOT deleted AND expires_on > $2 AND tenant_id IS NULL
        """

    /// The statement that fails (`isGuardViolation`) when a key that makes another one, or one that it was made with, was
    /// deleted. For the transaction of the insert, after it: a deletion that comes meanwhile waits, and deletes the new key too.
    static func requireMaker(_ key: Identifier) -> BoundStatement { BoundStatement(requiring, [.identifier(key)]) }

    /// Ids grow with time, so that makers are locked before what they made, as in a deletion.
    private static let requiring: PostgresStatement = """
        WITH RECURSIVE maker AS (
            SELECT id, created_by FROM main.api_keys WHERE id = $1
            UNION SELECT parent.id, parent.created_by FROM main.api_keys AS parent JOIN maker ON parent.id = maker.created_by
        ), locked AS MATERIALIZED (
            SELECT key.deleted FROM main.api_keys AS key WHERE key.id IN (SELECT id FROM maker) ORDER BY key.id FOR SHARE OF key
        )
        SELECT 1 / (count(*) > 0 AND NOT bool_or(deleted))::integer FROM locked
        """

    /// A key, the one that it was made with, and so on, as far as the scope has them.
    func makers(of key: Identifier, in scope: TenantScope) async throws(PostgresError) -> [Identifier] {
        let result = try await pool.query(
            Self.findingMakers, [.identifier(key)], settings: scope.settings, as: .read)
        var makers: [Identifier] = []
        for row in result.rows { makers.append(try row.identifier(0)) }
        return makers
    }

    private static let findingMakers: PostgresStatement = """
        WITH RECURSIVE maker AS (
            SELECT id, created_by FROM main.api_keys WHERE id = $1
            UNION SELECT parent.id, parent.created_by FROM main.api_keys AS parent JOIN maker ON parent.id = maker.created_by
        )
        SELECT id FROM maker
        """

    /// A new secret of a key.
    struct Rotation: Sendable {
        let hash: [UInt8]
        let prefix: String
        let expiresOn: Timestamp
        /// Until when the former secret is accepted, if it does not end earlier. Not after now: not any longer.
        let overlapEnd: Timestamp
        let reason: String?
    }

    /// Replaces the secret of a key, in one transaction.
    /// - Parameter version: The version that the key must have; nil: any.
    /// - Returns: Whether there was such a key.
    func rotate(
        _ key: Identifier, version: Int64?, _ rotation: Rotation, in context: WriteContext
    ) async throws(PostgresError) -> Bool {
        var batch = context.batch(resource: key)
        let change = batch.add(
            Self.changing,
            [
                .identifier(key), .optional(version) { .int64($0) }, .text(rotation.prefix),
                .timestamp(rotation.expiresOn), .timestamp(context.now), .timestamp(rotation.overlapEnd),
                .optional(context.actor.identifier) { .identifier($0) },
                .optional(rotation.reason) { .text($0) },
            ])
        batch.add(Self.replacing, [.identifier(key), .bytes(rotation.hash)])
        do {
            _ = try await pool.run(batch)
            return true
        } catch {
            guard error.isGuardViolation, error.statementIndex == change else { throw error }
            return false
        }
    }

    private static let changing: PostgresStatement = """
        WITH changed AS (
            UPDATE main.api_keys SET
                prefix = $3, expires_on = $4, rotated_on = $5, rotation_reason = $8, modified_by = $7,
                previous_expires_on = CASE WHEN least($6, expires_on) > $5 THEN least($6, expires_on) END
            WHERE id = $1 AND ($2::bigint IS NULL OR row_version = $2) AND NOT deleted RETURNING 1)
        SELECT 1 / count(*) FROM changed
        """

    /// A key of an imported tenant has no secret yet.
    private static let replacing: PostgresStatement = """
        INSERT INTO main.api_key_secrets AS secret (key_id, tenant_id, hash)
        SELECT id, tenant_id, $2 FROM main.api_keys WHERE id = $1
        ON CONFLICT (key_id) DO UPDATE SET
            hash = excluded.hash,
            previous_expires_on = (SELECT previous_expires_on FROM main.api_keys WHERE id = $1),
            previous_hash = CASE
                WHEN (SELECT previous_expires_on FROM main.api_keys WHERE id = $1) IS NOT NULL THEN secret.hash END
        """

    /// The statements that delete the keys that were made with a key, and those that were made with them. The first one waits
    /// for keys that are just being made, and holds up further ones; the second one sees them all.
    static func deleteDescendants(of key: Identifier, in context: WriteContext) -> [BoundStatement] {
        [
            BoundStatement(lockingDescendants, [.identifier(key)]),
            BoundStatement(
                deleting,
                [
                    .identifier(key), .timestamp(context.now),
                    .optional(context.actor.identifier) { .identifier($0) },
                ]),
        ]
    }

    private static let descendants = """
        WITH RECURSIVE made AS (
            SELECT id FROM main.api_keys WHERE created_by = $1 AND NOT deleted
            UNION SELECT child.id FROM main.api_keys AS child JOIN made ON child.created_by = made.id WHERE NOT child.deleted
        )
        """

    private static let lockingDescendants = PostgresStatement(
        """
        \(descendants)
        SELECT key.id FROM main.api_keys AS key WHERE key.id IN (SELECT id FROM made) ORDER BY key.id FOR NO KEY UPDATE OF key
        """)

    private static let deleting = PostgresStatement(
        """
        \(descendants)
        UPDATE main.api_keys SET deleted = true, deleted_on = $2, deleted_by = $3, modified_by = $3
        WHERE id IN (SELECT id FROM made)
        """)

    /// Stores when keys were last used, and hashes under the current secret in place of former ones.
    func record(_ uses: [APIKeyUses.Use]) async throws(PostgresError) {
        var batch = PostgresBatch(settings: TenantScope.everyTenant)
        batch.add(
            Self.recording,
            [.identifierArray(uses.map(\.key)), .int64Array(uses.map(\.instant.milliseconds))])
        let rehashes = uses.compactMap { use in use.rehash.map { (use.key, $0) } }
        if !rehashes.isEmpty {
            batch.add(
                Self.rehashing,
                [
                    .identifierArray(rehashes.map(\.0)), .textArray(rehashes.map { Hex.encode($0.1.former) }),
                    .textArray(rehashes.map { Hex.encode($0.1.current) }),
                ])
        }
        _ = try await pool.run(batch)
    }

    /// Names of columns of `main.api_keys` in `SET` make its triggers publish the change.
    private static let rehashing: PostgresStatement = """
        WITH changed AS (
            UPDATE main.api_key_secrets AS secret SET hash = decode(rehash.current, 'hex')
            FROM unnest($1::uuid[], $2::text[], $3::text[]) AS rehash (key_id, former, current)
            WHERE secret.key_id = rehash.key_id AND secret.hash = decode(rehash.former, 'hex')
            RETURNING secret.key_id
        )
        UPDATE main.api_keys SET prefix = prefix WHERE id IN (SELECT key_id FROM changed)
        """

    private static let recording: PostgresStatement = """
        WITH used AS MATERIALIZED (
            SELECT key.id, max(use.millis) AS millis
            FROM unnest($1::uuid[], $2::bigint[]) AS use (id, millis) JOIN main.api_keys AS key ON key.id = use.id
            GROUP BY key.id
        ), locked AS MATERIALIZED (
            SELECT key.id FROM main.api_keys AS key JOIN used ON used.id = key.id ORDER BY key.id FOR NO KEY UPDATE OF key
        )
        UPDATE main.api_keys AS key SET last_used_on = timestamptz 'epoch' + used.millis * interval '1 millisecond'
        FROM used JOIN locked ON locked.id = used.id
        WHERE key.id = used.id
            AND (key.last_used_on IS NULL OR key.last_used_on < timestamptz 'epoch' + used.millis * interval '1 millisecond')
        """
}
