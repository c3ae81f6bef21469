package import PostgresClient

/// The SQL of a ``LeasedTable``. Durations are microseconds.
package struct LeasedTableStatements: Sendable {
    let claim: PostgresStatement
    let releaseClaim: PostgresStatement
    let renew: PostgresStatement
    let retry: PostgresStatement
    let giveUp: PostgresStatement
    let release: PostgresStatement
    let timeUntilDue: PostgresStatement
    let backlog: PostgresStatement

    /// Writes the statements for a table.
    /// - Parameters:
    ///   - table: Its name with its schema. It has the columns `due_at timestamptz` (null when there is nothing to do),
    ///     `claim uuid`, `attempts` and `last_error`.
    ///   - key: The column of type `uuid` that identifies a row.
    ///   - condition: What else is true of the rows that are work; named by their columns alone.
    ///   - columns: What a claim returns of a row, after its key; named by its columns alone, or as columns of `work`.
    ///   - giveUp: Gives up a row for the reason `$3`; it has an effect only if the row `$1` is under the claim `$2`.
    ///     Without one, the row keeps its reason and is not due again.
    package init(
        table: String, key: String = "id", where condition: String = "true", returning columns: String,
        givingUp giveUp: PostgresStatement? = nil
    ) {
        let owned = "WHERE \(key) = $1 AND claim = $2 AND \(condition)"
        claim = PostgresStatement(
            """
            WITH due AS MATERIALIZED (
                SELECT \(key) AS due_key FROM \(table) WHERE due_at <= now() AND \(condition)
                ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
            UPDATE \(table) AS work SET claim = $2, due_at = now() + $3 * interval '1 microsecond'
            FROM due WHERE work.\(key) = due_key AND \(condition)
            RETURNING work.\(key), \(columns)
            """)
        releaseClaim = PostgresStatement(
            "UPDATE \(table) SET claim = NULL, due_at = now() WHERE claim = $1 AND due_at IS NOT NULL AND \(condition)")
        renew = PostgresStatement(
            """
            UPDATE \(table) AS work SET due_at = now() + $3 * interval '1 microsecond'
            FROM unnest($1::uuid[], $2::uuid[]) AS mine (mine_key, mine_claim)
            WHERE work.\(key) = mine_key AND work.claim = mine_claim AND \(condition)
            RETURNING mine_key, mine_claim
            """)
        retry = PostgresStatement(
            """
            UPDATE \(table)
            SET attempts = attempts + 1, due_at = now() + $3 * interval '1 microsecond', claim = NULL, last_error = $4
            \(owned)
            """)
        self.giveUp =
            giveUp
            ?? PostgresStatement(
                "UPDATE \(table) SET attempts = attempts + 1, due_at = NULL, claim = NULL, last_error = $3 \(owned)")
        release = PostgresStatement(
            "UPDATE \(table) SET due_at = now() + $3 * interval '1 microsecond', claim = NULL \(owned)")
        backlog = WorkBacklog.statement(table: table, due: "due_at", where: condition)
        timeUntilDue = PostgresStatement(
            """
            SELECT (extract(epoch FROM min(due_at) - now()) * 1000000)::bigint FROM \(table)
            WHERE due_at > now() AND \(condition)
            """)
    }
}
