import PostgresClient

/// The SQL of ``OldCopyStore``. Durations are microseconds.
enum OldCopyStatements {
    /// Claims copies that are to be removed, the oldest first. Parameters: most copies, claim, lease.
    static let claim: PostgresStatement = """
        WITH due AS MATERIALIZED (
            SELECT tenant_id FROM main.tenant_placements
            WHERE due_at <= now() AND role = 'previous'
            ORDER BY due_at
            LIMIT $1
            FOR UPDATE SKIP LOCKED
        )
        UPDATE main.tenant_placements AS placement SET claim = $2, due_at = now() + $3 * interval '1 microsecond'
        FROM due, main.data_servers AS server
        WHERE placement.tenant_id = due.tenant_id AND placement.role = 'previous' AND server.id = placement.server_id
        RETURNING placement.tenant_id, placement.tenant_key, placement.role, server.name, placement.kind,
            placement.database, placement.state, placement.tier, placement.attempts
        """

    /// Extends leases. Parameters: tenants, claims, lease. Returns what is still claimed.
    static let renew: PostgresStatement = """
        UPDATE main.tenant_placements AS placement SET due_at = now() + $3 * interval '1 microsecond'
        FROM unnest($1::uuid[], $2::uuid[]) AS mine (tenant_id, claim)
        WHERE placement.tenant_id = mine.tenant_id AND placement.role = 'previous' AND placement.claim = mine.claim
        RETURNING mine.tenant_id, mine.claim
        """

    /// The copy is gone, and so is its place. Parameters: tenant, claim.
    static let done: PostgresStatement = """
        DELETE FROM main.tenant_placements WHERE tenant_id = $1 AND role = 'previous' AND claim = $2
        """

    /// Gives the copy back untried. Parameters: tenant, claim, delay.
    static let release: PostgresStatement = """
        UPDATE main.tenant_placements SET due_at = now() + $3 * interval '1 microsecond', claim = NULL
        WHERE tenant_id = $1 AND role = 'previous' AND claim = $2
        """

    /// Gives back everything under a claim. Parameter: claim.
    static let releaseClaim: PostgresStatement = """
        UPDATE main.tenant_placements SET due_at = now(), claim = NULL
        WHERE claim = $1 AND due_at IS NOT NULL AND role = 'previous'
        """

    /// The removal failed, another attempt follows. Parameters: tenant, claim, delay, reason.
    static let retry: PostgresStatement = """
        UPDATE main.tenant_placements
        SET due_at = now() + $3 * interval '1 microsecond', claim = NULL, attempts = attempts + 1, last_error = $4,
            modified_on = now()
        WHERE tenant_id = $1 AND role = 'previous' AND claim = $2
        """

    /// The removal was given up; the next confirmation tries it again. Parameters: tenant, claim, reason.
    static let giveUp: PostgresStatement = """
        UPDATE main.tenant_placements
        SET due_at = NULL, claim = NULL, attempts = attempts + 1, last_error = $3, modified_on = now()
        WHERE tenant_id = $1 AND role = 'previous' AND claim = $2
        """

    /// The copy is no longer needed. Parameter: tenant.
    static let confirm: PostgresStatement = """
        UPDATE main.tenant_placements SET due_at = now(), attempts = 0, modified_on = now()
        WHERE tenant_id = $1 AND role = 'previous' AND claim IS NULL
        """

    /// Microseconds until the next copy is due that is not due now; NULL without such a copy.
    static let timeUntilDue: PostgresStatement = """
        SELECT (extract(epoch FROM min(due_at) - now()) * 1000000)::bigint
        FROM main.tenant_placements WHERE due_at > now()
        """

    /// How many removals were given up, at most 1000.
    static let givenUp: PostgresStatement = """
        SELECT count(*) FROM (
            SELECT FROM main.tenant_placements WHERE role = 'previous' AND due_at IS NULL LIMIT 1000) AS copies
        """
}
