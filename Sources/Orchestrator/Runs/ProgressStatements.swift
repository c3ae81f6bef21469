import PostgresClient
import WorkQueue

/// The SQL of progress reports. Durations are microseconds.
enum ProgressStatements {
    /// Claims runs whose progress is due. Parameters: most runs, claim, lease.
    static let claim: PostgresStatement = """
        WITH due AS MATERIALIZED (
            SELECT id FROM main.provisioning_runs WHERE progress_due_at <= now()
            ORDER BY progress_due_at LIMIT $1 FOR UPDATE SKIP LOCKED
        )
        UPDATE main.provisioning_runs AS run
        SET progress_claim = $2, progress_due_at = now() + $3 * interval '1 microsecond'
        FROM due WHERE run.id = due.id
        RETURNING run.id, run.tenant_id, run.context, run.kind, run.tier, run.state, run.reason, run.version,
            run.sealed_secret, run.traceparent, run.progress_attempts
        """

    /// Gives back everything under a claim. Parameter: claim.
    static let release: PostgresStatement = """
        UPDATE main.provisioning_runs SET progress_due_at = now(), progress_claim = NULL
        WHERE progress_claim = $1 AND progress_due_at IS NOT NULL
        """

    /// Extends leases. Parameters: runs, claims, lease. Returns what is still claimed.
    static let renew: PostgresStatement = """
        UPDATE main.provisioning_runs AS run SET progress_due_at = now() + $3 * interval '1 microsecond'
        FROM unnest($1::uuid[], $2::uuid[]) AS mine (id, claim)
        WHERE run.id = mine.id AND run.progress_claim = mine.claim AND run.progress_due_at IS NOT NULL
        RETURNING mine.id, mine.claim
        """

    /// A report was delivered; another one follows if the run has changed since. Parameters: run, claim, version.
    static let delivered: PostgresStatement = """
        UPDATE main.provisioning_runs
        SET progress_claim = NULL, progress_attempts = 0, progress_version = GREATEST(progress_version, $3),
            progress_due_at = CASE WHEN version > $3 THEN now() + interval '1 second' END,
            sealed_secret = CASE WHEN version > $3 OR due_at IS NOT NULL THEN sealed_secret END
        WHERE id = $1 AND progress_claim = $2
        """

    /// A report was not delivered, another attempt follows. Parameters: run, claim, delay.
    static let postponed: PostgresStatement = """
        UPDATE main.provisioning_runs
        SET progress_claim = NULL, progress_attempts = progress_attempts + 1,
            progress_due_at = now() + $3 * interval '1 microsecond'
        WHERE id = $1 AND progress_claim = $2
        """

    /// The report is not tried again. Parameters: run, claim.
    static let dropped: PostgresStatement = """
        UPDATE main.provisioning_runs
        SET progress_claim = NULL, progress_attempts = 0, progress_due_at = NULL,
            sealed_secret = CASE WHEN due_at IS NOT NULL THEN sealed_secret END
        WHERE id = $1 AND progress_claim = $2
        """

    /// Microseconds until the next report is due that is not due now; NULL without such a report.
    /// How many reports are due, and for how long.
    static let backlog = WorkBacklog.statement(table: "main.provisioning_runs", due: "progress_due_at")

    static let timeUntilDue: PostgresStatement = """
        SELECT (extract(epoch FROM min(progress_due_at) - now()) * 1000000)::bigint
        FROM main.provisioning_runs WHERE progress_due_at > now()
        """
}
