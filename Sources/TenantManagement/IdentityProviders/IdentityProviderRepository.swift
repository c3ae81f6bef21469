import Entities
import JSONCoding
import KeyRotation
import PostgresClient
import Primitives
import Sealing

/// What identity providers read and keep of a tenant.
struct IdentityProviderRepository: Sendable {
    let pool: PostgresPool
    let sealer: IdentitySecretSealer
    let systemUser: SystemUser
    let clock: any WallClock

    /// The settings of tenants, as `arc keys rotate` finds them.
    static let sealedColumn = SealedColumn(
        "main.tenant_mgmt_configs", "config_value", key: [.init("id", "uuid")], reading: ["tenant_id"], form: .jsonb,
        hasSecretMembers: true, purpose: IdentitySecretSealer.purpose
    ) { SealedPlace($0.text("tenant_id")) }

    /// The key of a tenant that exists; nil when there is none.
    func key(of tenant: Identifier) async throws(PostgresError) -> String? {
        let result = try await pool.query(
            "SELECT key FROM main.tenants WHERE id = $1 AND NOT deleted", [.identifier(tenant)],
            settings: TenantScope.everyTenant, as: .read)
        return try result.first?.text(0)
    }

    /// A setting of a tenant with its secrets, the newest of its name; nil when there is none.
    func config(_ key: String, of tenant: Identifier) async throws(PostgresError) -> JSONValue? {
        let result = try await pool.query(
            """
            SELECT config_value FROM main.tenant_mgmt_configs
            WHERE tenant_id = $1 AND config_key = $2 AND NOT deleted ORDER BY created_on DESC, id DESC LIMIT 1
            """, [.identifier(tenant), .text(key)], settings: TenantScope.everyTenant, as: .read)
        let stored = try result.first?.jsonIfPresent(0).flatMap { try? JSONValue.parse(stored: $0) }
        return stored.map { sealer.members.opened(document: $0, owner: tenant.description) }
    }

    /// Keeps a setting of a tenant with its secrets sealed, in place of the one of that name if there is one. The tenant's row is
    /// locked meanwhile, so that two deliveries at once do not leave two of them.
    /// - Throws: `PostgresError`; `SealingError`.
    func store(_ value: JSONValue, as key: String, of tenant: Identifier) async throws {
        let sealed = try sealer.members.sealed(value, owner: tenant.description)
        var batch = PostgresBatch(settings: TenantScope.everyTenant)
        batch.add("SELECT 1 FROM main.tenants WHERE id = $1 FOR UPDATE", [.identifier(tenant)])
        batch.add(
            """
            WITH changed AS (
                UPDATE main.tenant_mgmt_configs SET config_value = $3, modified_by = $5
                WHERE tenant_id = $1 AND config_key = $2 AND NOT deleted RETURNING 1)
            INSERT INTO main.tenant_mgmt_configs (id, tenant_id, config_key, config_value, created_by, modified_by)
            SELECT $4, $1, $2, $3, $5::uuid, $5::uuid WHERE NOT EXISTS (SELECT FROM changed)
            """,
            [
                .identifier(tenant), .text(key), .json(sealed.serialized()), .identifier(.v7(at: clock.now())),
                .optional(systemUser.identifier) { .identifier($0) },
            ])
        _ = try await pool.run(batch)
    }

    // MARK: Users

    /// Remembers a user who was set up. If the tenant was suspended in the meantime, that is applied to the user.
    func remember(_ account: IdentityAccount) async throws(PostgresError) {
        var batch = PostgresBatch(settings: TenantScope.everyTenant)
        batch.add("SELECT 1 FROM main.tenants WHERE id = $1 FOR UPDATE", [.identifier(account.tenant)])
        batch.add(
            Self.remembering,
            [
                .identifier(account.tenant), .text(account.provider), .text(account.home), .bool(account.isSiloed),
                .text(account.userID),
            ])
        batch.add(Self.catchingUp, [.identifier(account.tenant)])
        _ = try await pool.run(batch)
    }

    /// The users of a tenant.
    func accounts(of tenant: Identifier) async throws(PostgresError) -> [IdentityAccount] {
        let result = try await pool.query(
            Self.listing, [.identifier(tenant)], settings: TenantScope.everyTenant, as: .read)
        var accounts: [IdentityAccount] = []
        for row in result.rows {
            accounts.append(
                IdentityAccount(
                    tenant: tenant, key: try row.text(0), provider: try row.text(1), home: try row.text(2),
                    isSiloed: try row.bool(3), userID: try row.text(4)))
        }
        return accounts
    }

    /// Who else has a user.
    struct Sharing: Sendable, Hashable {
        /// Whether another tenant has the user.
        let isShared: Bool
        /// Whether the users of such a tenant may sign in.
        let isNeeded: Bool
    }

    func sharing(of account: IdentityAccount) async throws(PostgresError) -> Sharing {
        let result = try await pool.query(
            Self.sharing,
            [
                .identifier(account.tenant), .text(account.provider), .text(account.home), .text(account.userID),
            ], settings: TenantScope.everyTenant, as: .read)
        return Sharing(
            isShared: try result.first?.bool(0) ?? false, isNeeded: try result.first?.bool(1) ?? false)
    }

    /// Forgets a user who was removed.
    func forget(_ account: IdentityAccount) async throws(PostgresError) {
        _ = try await pool.query(
            Self.forgetting,
            [
                .identifier(account.tenant), .text(account.provider), .text(account.home), .text(account.userID),
            ], settings: TenantScope.everyTenant)
    }

    private static let remembering: PostgresStatement = """
        INSERT INTO main.identity_users (tenant_id, provider, home, is_siloed, user_id) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING
        """

    private static let catchingUp: PostgresStatement = """
        INSERT INTO main.identity_changes AS known (tenant_id, wanted, tenant_version, due_at)
        SELECT id, main.wanted_of_users(id, status, deleted), row_version, now() FROM main.tenants
        WHERE id = $1 AND main.is_blocked(status, deleted)
        ON CONFLICT (tenant_id) DO UPDATE SET
            due_at = CASE WHEN known.claim IS NULL THEN excluded.due_at ELSE known.due_at END
        """

    private static let listing: PostgresStatement = """
        SELECT tenant.key::text, known.provider::text, known.home::text, known.is_siloed, known.user_id::text
        FROM main.identity_users AS known JOIN main.tenants AS tenant ON tenant.id = known.tenant_id
        WHERE known.tenant_id = $1 ORDER BY known.id LIMIT 1000
        """

    private static let sharing: PostgresStatement = """
        SELECT count(*) > 0, coalesce(bool_or(NOT main.is_blocked(tenant.status, tenant.deleted)), false)
        FROM main.identity_users AS known JOIN main.tenants AS tenant ON tenant.id = known.tenant_id
        WHERE known.provider = $2 AND known.home = $3 AND known.user_id = $4 AND known.tenant_id <> $1
        """

    private static let forgetting: PostgresStatement = """
        DELETE FROM main.identity_users WHERE tenant_id = $1 AND provider = $2 AND home = $3 AND user_id = $4
        """
}
