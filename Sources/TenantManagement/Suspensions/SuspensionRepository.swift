import Entities
import PostgresClient
import Primitives

/// SQL of suspensions, in transactions that have locked the tenant.
enum SuspensionRepository {
    /// A tenant whose row is locked until the end of the transaction, so that changes of its state are one after the other.
    struct LockedTenant: Sendable {
        /// nil for one that is not known.
        let status: Tenant.Status?
        let version: Int64
    }

    /// Locks a tenant; nil when there is none.
    static func lock(
        _ tenant: Identifier, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> LockedTenant? {
        let result = try await transaction.query(locking, [.identifier(tenant)])
        guard let row = result.first else { return nil }
        return LockedTenant(status: Tenant.Status(rawValue: try row.int(0)), version: try row.int64(1))
    }

    private static let locking: PostgresStatement = """
        SELECT status, row_version FROM main.tenants WHERE id = $1 AND NOT deleted FOR UPDATE
        """

    /// Adds a reason, unless it holds already.
    static func begin(
        _ reason: TenantSuspension.Reason, note: String?, of tenant: Identifier, from status: Tenant.Status,
        in context: WriteContext
    ) -> BoundStatement {
        BoundStatement(
            beginning,
            [
                .identifier(.v7(at: context.now)), .identifier(tenant), .text(reason.rawValue),
                .optional(note) { .text($0) }, status.value, .timestamp(context.now),
                .optional(context.actor.text) { .text($0) },
            ])
    }

    private static let beginning: PostgresStatement = """
        INSERT INTO main.tenant_suspensions (id, tenant_id, reason, note, previous_status, suspended_on, suspended_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (tenant_id, reason) WHERE ended_on IS NULL DO NOTHING
        """

    /// Ends a reason, if it holds.
    static func end(
        _ reason: TenantSuspension.Reason, note: String?, of tenant: Identifier, in context: WriteContext
    ) -> BoundStatement {
        BoundStatement(
            ending,
            [
                .identifier(tenant), .text(reason.rawValue), .timestamp(context.now),
                .optional(context.actor.text) { .text($0) }, .optional(note) { .text($0) },
            ])
    }

    private static let ending: PostgresStatement = """
        UPDATE main.tenant_suspensions
        SET ended_on = $3, ended_by = $4, end_note = $5, row_version = row_version + 1
        WHERE tenant_id = $1 AND reason = $2 AND ended_on IS NULL
        """

    /// Finds a reason that holds and was given by the same actor.
    static func given(
        _ reason: TenantSuspension.Reason, of tenant: Identifier, in context: WriteContext
    ) -> BoundStatement {
        BoundStatement(
            finding,
            [.identifier(tenant), .text(reason.rawValue), .optional(context.actor.text) { .text($0) }])
    }

    private static let finding: PostgresStatement = """
        SELECT id FROM main.tenant_suspensions
        WHERE tenant_id = $1 AND reason = $2 AND ended_on IS NULL AND suspended_by IS NOT DISTINCT FROM $3
        """

    /// Ends all reasons that hold, because nothing is left that is suspended.
    static func endAll(of tenant: Identifier, note: String, in context: WriteContext) -> BoundStatement {
        BoundStatement(
            endingAll,
            [
                .identifier(tenant), .timestamp(context.now), .optional(context.actor.text) { .text($0) }, .text(note),
            ])
    }

    private static let endingAll: PostgresStatement = """
        UPDATE main.tenant_suspensions
        SET ended_on = $2, ended_by = $3, end_note = $4, row_version = row_version + 1
        WHERE tenant_id = $1 AND ended_on IS NULL
        """

    /// Sets the status of a tenant. The result has its new version.
    static func move(_ tenant: Identifier, to status: Tenant.Status, in context: WriteContext) -> BoundStatement {
        BoundStatement(
            moving, [.identifier(tenant), status.value, .optional(context.actor.identifier) { .identifier($0) }])
    }

    private static let moving: PostgresStatement = """
        UPDATE main.tenants SET status = $2, modified_by = $3 WHERE id = $1 AND NOT deleted RETURNING row_version
        """

    /// The reasons that hold.
    static func openReasons(
        of tenant: Identifier, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> [TenantSuspension.Reason] {
        var reasons: [TenantSuspension.Reason] = []
        for row in try await transaction.query(listing, [.identifier(tenant)]).rows {
            if let reason = TenantSuspension.Reason(rawValue: try row.text(0)) { reasons.append(reason) }
        }
        return reasons
    }

    private static let listing: PostgresStatement = """
        SELECT reason::text FROM main.tenant_suspensions WHERE tenant_id = $1 AND ended_on IS NULL
        ORDER BY suspended_on, id
        """

    /// The status that the tenant had before it was suspended; nil when that is not known.
    static func statusBefore(
        _ tenant: Identifier, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> Tenant.Status? {
        guard let row = try await transaction.query(findingBefore, [.identifier(tenant)]).first else { return nil }
        return Tenant.Status(rawValue: try row.int(0))
    }

    private static let findingBefore = PostgresStatement(
        """
        SELECT previous_status FROM main.tenant_suspensions
        WHERE tenant_id = $1 AND previous_status <> \(Tenant.Status.inactive.rawValue)
        ORDER BY suspended_on DESC, id DESC LIMIT 1
        """)
}
