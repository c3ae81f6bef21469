import PostgresClient

/// SQL of the verification. It uses nothing that the database's owner can replace but the tables.
enum AuditChainStatements {
    /// The chains after `$1`, at most `$2`, with their ends and checkpoints.
    static let chains = PostgresStatement(
        ends(of: "(SELECT chain FROM main.audit_chains WHERE chain > $1 ORDER BY chain LIMIT $2)"))

    /// The chain `$1`, whether or not it exists.
    static let chain = PostgresStatement(ends(of: "(SELECT $1::uuid AS chain)"))

    private static func ends(of chains: String) -> String {
        """
        SELECT given.chain, head.sequence, head.hash, head.seal, checkpoint.sequence, checkpoint.hash, checkpoint.seal
        FROM \(chains) AS given LEFT JOIN main.audit_chains AS head ON head.chain = given.chain
            LEFT JOIN main.audit_checkpoints AS checkpoint ON checkpoint.chain = given.chain
        ORDER BY given.chain
        """
    }

    /// Rows after the number `$2` of the chain `$1`, up to the chain `$3`, at most `$4`.
    static let rows = PostgresStatement(
        """
        SELECT row.chain, row.sequence, row.id, row.hash, \(item),
            row.content_salt IS NULL OR row.actor_salt IS NULL, row.action = 'erase' AND row.entity = 'AuditLog'
        FROM main.audit_logs AS row
        WHERE row.is_chained AND (row.chain, row.sequence) > ($1, $2) AND row.chain <= $3
        ORDER BY row.chain, row.sequence LIMIT $4
        """)

    /// A stored digest counts only where nothing is left of what it stands for. Otherwise somebody could store the digest of the former
    /// content beside other content.
    private static let item = AuditSchema.item(
        "row", sequence: "row.sequence",
        actorDigest: """
            CASE WHEN row.actor_salt IS NULL AND row.actor IS NULL THEN row.actor_digest
                ELSE \(AuditSchema.actorDigest("row", salt: "row.actor_salt")) END
            """,
        contentDigest: """
            CASE WHEN row.content_salt IS NULL AND row.before IS NULL AND row.after IS NULL THEN row.content_digest
                ELSE \(AuditSchema.contentDigest("row", salt: "row.content_salt")) END
            """)

    /// Of rows that have no place yet: how many there are.
    static let pending: PostgresStatement = "SELECT count(*) FROM main.audit_logs WHERE NOT is_chained"

    /// The chains to which rows will come that say that personal data was erased.
    static let pendingErasures = PostgresStatement(
        """
        SELECT DISTINCT coalesce(tenant_id, '\(AuditSchema.operatorChain)') FROM main.audit_logs
        WHERE NOT is_chained AND action = 'erase' AND entity = 'AuditLog'
        """)

    /// What is needed to verify rows of the chain `$1` elsewhere, after the number `$2`, at most `$3`.
    static let export = PostgresStatement(
        """
        SELECT row.sequence, row.hash, \(item), row.actor, row.actor_salt::text, row.content_salt::text,
            jsonb_build_array(row.before, row.after)::text
        FROM main.audit_logs AS row WHERE row.is_chained AND row.chain = $1 AND row.sequence > $2
        ORDER BY row.sequence LIMIT $3
        """)

    /// Signs an end again, if it is still the same.
    static let resealingHead: PostgresStatement =
        "UPDATE main.audit_chains SET seal = $4 WHERE chain = $1 AND sequence = $2 AND hash = $3"

    /// Signs a checkpoint again, if it is still the same.
    static let resealingCheckpoint: PostgresStatement =
        "UPDATE main.audit_checkpoints SET seal = $4 WHERE chain = $1 AND sequence = $2 AND hash = $3"
}
