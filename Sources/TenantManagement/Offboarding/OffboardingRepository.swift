import Entities
import PostgresClient
import Primitives
import WorkQueue

/// SQL of off-boardings.
struct OffboardingRepository: Sendable {
    let pool: PostgresPool

    /// The newest off-boarding of a tenant; nil if it was never requested.
    func latest(of tenant: Identifier) async throws(PostgresError) -> Offboarding? {
        let result = try await pool.query(
            Self.findingLatest, [.identifier(tenant)], settings: TenantScope.everyTenant, as: .read)
        guard let row = result.first else { return nil }
        return try Offboarding(row)
    }

    /// The same, in a transaction that has locked the tenant.
    static func latest(
        of tenant: Identifier, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> Offboarding? {
        guard let row = try await transaction.query(findingLatest, [.identifier(tenant)]).first else { return nil }
        return try Offboarding(row)
    }

    /// The newest certificate of a tenant, as it was stored; nil if no removal has succeeded.
    func certificate(of tenant: Identifier) async throws(PostgresError) -> [UInt8]? {
        let result = try await pool.query(
            Self.findingCertificate, [.identifier(tenant)], settings: TenantScope.everyTenant, as: .read)
        guard let row = result.first else { return nil }
        return Array(try row.text(0).utf8)
    }

    /// Schedules one. Its work is due after the grace period, by the clock of the database.
    static func insert(
        _ id: Identifier, tenant: Identifier, reason: String, graceDays: Int, export: Identifier?,
        in context: WriteContext
    ) -> BoundStatement {
        BoundStatement(
            inserting,
            [
                .identifier(id), .identifier(tenant), .text(reason), .int16(Int16(clamping: graceDays)),
                .timestamp(context.now), .optional(context.actor.text) { .text($0) },
                .timestamp(context.now.adding(.seconds(86_400 * graceDays))),
                .optional(export) { .identifier($0) },
            ])
    }

    /// Cancels a scheduled one. Changes no row if it is not scheduled.
    static func cancel(_ id: Identifier, note: String?, in context: WriteContext) -> BoundStatement {
        BoundStatement(
            canceling,
            [
                .identifier(id), .timestamp(context.now), .optional(context.actor.text) { .text($0) },
                .optional(note) { .text($0) },
            ])
    }

    /// Records that the orchestrator was asked. Fails (`isGuardViolation`) if another worker has the work, or it was canceled: then
    /// nothing of its transaction happens.
    static func start(
        _ handle: RowClaim, context: Identifier, now: Timestamp
    ) -> BoundStatement {
        BoundStatement(
            starting, handle.values + [.identifier(context), .timestamp(now)])
    }

    /// Records how the removal ended. Changes no row if nothing is being removed.
    static func end(
        _ tenant: Identifier, as state: Offboarding.State, error: String?, certificate: [UInt8]?, now: Timestamp
    ) -> BoundStatement {
        BoundStatement(
            ending,
            [
                .identifier(tenant), .int16(Int16(state.rawValue)), .timestamp(now),
                .optional(error) { .text($0) },
                .optional(certificate) { .text(String(decoding: $0, as: UTF8.self)) },
            ])
    }

    /// Marks the resources of a tenant as removed. The result has them.
    static func removeResources(of tenant: Identifier, by actor: Actor, now: Timestamp) -> BoundStatement {
        BoundStatement(
            removing, [.identifier(tenant), .optional(actor.identifier) { .identifier($0) }, .timestamp(now)])
    }

    /// Key and name of a tenant; nil if it does not exist.
    static func names(
        of tenant: Identifier, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> (key: String, name: String)? {
        let result = try await transaction.query(
            "SELECT key::text, name::text FROM main.tenants WHERE id = $1", [.identifier(tenant)])
        guard let row = result.first else { return nil }
        return (try row.text(0), try row.text(1))
    }

    /// The export that an off-boarding waits for.
    struct AwaitedExport: Sendable, Hashable {
        let state: TenantExport.State
        /// Whether it was requested at the beginning of a grace period, during which the tenant was used.
        let isEarly: Bool
    }

    /// The export that an off-boarding waits for; nil when it waits for none.
    func export(of offboarding: Identifier) async throws(PostgresError) -> AwaitedExport? {
        let result = try await pool.query(
            Self.findingExport, [.identifier(offboarding)], settings: TenantScope.everyTenant, as: .read)
        guard let row = result.first, let state = TenantExport.State(rawValue: try row.text(0)) else { return nil }
        return AwaitedExport(state: state, isEarly: try row.bool(1))
    }

    /// The off-boarding waits for another export. Fails (`isGuardViolation`) if another worker has the work, or it was canceled.
    static func wait(for export: Identifier, _ claim: RowClaim) -> BoundStatement {
        BoundStatement(replacingExport, claim.values + [.identifier(export)])
    }

    // MARK: Statements

    private static let columns = """
        id, tenant_id, reason, state, grace_days, requested_on, requested_by, ends_on, started_on, ended_on, ended_by, \
        end_note, last_error, certificate IS NOT NULL, is_superseded, export_id
        """

    private static let findingLatest = PostgresStatement(
        """
        SELECT \(columns) FROM main.offboardings WHERE tenant_id = $1
        ORDER BY requested_on DESC, id DESC LIMIT 1
        """)

    private static let findingCertificate: PostgresStatement = """
        SELECT certificate FROM main.offboardings WHERE tenant_id = $1 AND certificate IS NOT NULL
        ORDER BY requested_on DESC, id DESC LIMIT 1
        """

    private static let inserting: PostgresStatement = """
        INSERT INTO main.offboardings (
            id, tenant_id, reason, grace_days, requested_on, requested_by, ends_on, export_id, due_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() + $4::integer * interval '1 day')
        """

    private static let canceling: PostgresStatement = """
        UPDATE main.offboardings
        SET state = 4, due_at = NULL, claim = NULL, ended_on = $2, ended_by = $3, end_note = $4
        WHERE id = $1 AND state = 0
        """

    private static let starting: PostgresStatement = """
        WITH started AS (
            UPDATE main.offboardings
            SET state = 1, context = $3, started_on = $4, due_at = NULL, claim = NULL, last_error = NULL
            WHERE id = $1 AND claim = $2 AND state = 0
            RETURNING 1)
        SELECT 1 / count(*) FROM started
        """

    private static let ending: PostgresStatement = """
        UPDATE main.offboardings
        SET state = $2, ended_on = $3, last_error = $4, certificate = $5, due_at = NULL, claim = NULL
        WHERE tenant_id = $1 AND state = 1
        """

    private static let removing: PostgresStatement = """
        UPDATE main.resources SET deleted = true, deleted_on = $3, deleted_by = $2, modified_by = $2
        WHERE tenant_id = $1 AND NOT deleted
        RETURNING id, type::text, external_identifier::text, created_on
        """

    private static let replacingExport: PostgresStatement = """
        WITH replaced AS (
            UPDATE main.offboardings SET export_id = $3 WHERE id = $1 AND claim = $2 AND state = 0 RETURNING 1)
        SELECT 1 / count(*) FROM replaced
        """

    private static let findingExport: PostgresStatement = """
        SELECT export.state::text, offboarding.grace_days > 0 AND export.requested_on <= offboarding.requested_on
        FROM main.offboardings AS offboarding
            JOIN main.tenant_exports AS export ON export.id = offboarding.export_id
        WHERE offboarding.id = $1
        """
}
