import PostgresClient
import WorkQueue

/// The SQL of ``OldCopyStore``.
enum OldCopyStatements {
    /// A claim returns what ``TenantPlacement`` reads, and the failed attempts.
    static let leased = LeasedTableStatements(
        table: "main.tenant_placements", key: "tenant_id", where: "role = 'previous'",
        returning: """
            tenant_key, role, (SELECT name FROM main.data_servers AS server WHERE server.id = work.server_id), kind,
            database, state, tier, attempts
            """,
        givingUp: giveUp)

    /// The removal was given up; the next confirmation tries it again. Parameters: tenant, claim, reason.
    private static let giveUp: PostgresStatement = """
        UPDATE main.tenant_placements
        SET due_at = NULL, claim = NULL, attempts = attempts + 1, last_error = $3, modified_on = now()
        WHERE tenant_id = $1 AND role = 'previous' AND claim = $2
        """

    /// The copy is gone, and so is its place. Parameters: tenant, claim.
    static let done: PostgresStatement = """
        DELETE FROM main.tenant_placements WHERE tenant_id = $1 AND role = 'previous' AND claim = $2
        """

    /// The copy is no longer needed. Parameter: tenant.
    static let confirm: PostgresStatement = """
        UPDATE main.tenant_placements SET due_at = now(), attempts = 0, modified_on = now()
        WHERE tenant_id = $1 AND role = 'previous' AND claim IS NULL
        """

    /// How many removals were given up, at most 1000.
    static let givenUp: PostgresStatement = """
        SELECT count(*) FROM (
            SELECT FROM main.tenant_placements WHERE role = 'previous' AND due_at IS NULL LIMIT 1000) AS copies
        """
}
