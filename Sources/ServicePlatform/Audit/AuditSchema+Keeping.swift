extension AuditSchema {
    /// Binds the rows of no tenant that an erasure may empty to the tenant.
    /// - Parameters:
    ///   - condition: See ``up(runtimeRole:tables:erasureCondition:)``.
    ///   - others: SQL over `tenant`: the ids of rows of no tenant that are about it. None of them is NULL.
    package static func bindErasure(if condition: String = "true", others: String) -> String {
        erasing(condition, others: others, isThere: true)
    }

    /// Takes that back.
    package static func unbindErasure(if condition: String = "true") -> String { erasing(condition, isThere: true) }

    /// How personal data is erased from the log. What is left of a row is covered by its hash as before.
    /// - Parameter isThere: Whether there is such a function already.
    static func erasing(_ condition: String, others: String? = nil, isThere: Bool = false) -> String {
        let binding =
            others.map {
                """

                    IF EXISTS (SELECT FROM unnest(others) AS given (id) WHERE given.id NOT IN (\($0))) THEN
                        RAISE EXCEPTION 'rows that are not about the tenant' USING ERRCODE = 'insufficient_privilege';
                    END IF;
                """
            } ?? ""
        return """
            -- Erases what was changed in rows of the entities, and in the other rows; and who did it, where that is not an identifier.
            -- The erasure itself is a row of the chain: rows without it have been tampered with. Pending rows first: what is moved
            -- meanwhile is found by the next statement.
            CREATE \(isThere ? "OR REPLACE " : "")FUNCTION main.erase_audit_content(tenant uuid, others uuid[], entities text[]) RETURNS bigint LANGUAGE plpgsql
                SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
            DECLARE
                own bigint := 0;
                foreign_rows bigint := 0;
                count bigint;
            BEGIN
                IF NOT (\(condition)) THEN
                    RAISE EXCEPTION 'the personal data of the tenant is not to be erased' USING ERRCODE = 'insufficient_privilege';
                END IF;\(binding)
                PERFORM set_config('app.audit_maintenance', 'on', true);
                UPDATE main.audit_pending SET before = NULL, after = NULL, erased_on = date_trunc('milliseconds', now())
                WHERE tenant_id = tenant AND entity = ANY (entities) AND (before IS NOT NULL OR after IS NOT NULL);
                GET DIAGNOSTICS own = ROW_COUNT;
                UPDATE main.audit_chained AS row
                SET content_digest = \(contentDigest("row", salt: "row.content_salt")), content_salt = NULL, before = NULL, after = NULL,
                    erased_on = date_trunc('milliseconds', now()), row_version = row_version + 1
                WHERE tenant_id = tenant AND entity = ANY (entities) AND content_salt IS NOT NULL;
                GET DIAGNOSTICS count = ROW_COUNT;
                own := own + count;
                UPDATE main.audit_pending SET before = NULL, after = NULL, erased_on = date_trunc('milliseconds', now())
                WHERE entity_id = ANY (others) AND tenant_id IS NULL AND (before IS NOT NULL OR after IS NOT NULL);
                GET DIAGNOSTICS foreign_rows = ROW_COUNT;
                UPDATE main.audit_chained AS row
                SET content_digest = \(contentDigest("row", salt: "row.content_salt")), content_salt = NULL, before = NULL, after = NULL,
                    erased_on = date_trunc('milliseconds', now()), row_version = row_version + 1
                WHERE entity_id = ANY (others) AND tenant_id IS NULL AND content_salt IS NOT NULL;
                GET DIAGNOSTICS count = ROW_COUNT;
                foreign_rows := foreign_rows + count;
                UPDATE main.audit_pending SET actor = NULL, erased_on = date_trunc('milliseconds', now())
                WHERE tenant_id = tenant AND actor_kind = 'tenantUser' AND main.audit_uuid(actor) IS NULL AND actor IS NOT NULL;
                GET DIAGNOSTICS count = ROW_COUNT;
                own := own + count;
                UPDATE main.audit_chained AS row
                SET actor_digest = \(actorDigest("row", salt: "row.actor_salt")), actor_salt = NULL, actor = NULL,
                    erased_on = date_trunc('milliseconds', now()), row_version = row_version + 1
                WHERE tenant_id = tenant AND actor_kind = 'tenantUser' AND main.audit_uuid(actor) IS NULL AND actor IS NOT NULL;
                GET DIAGNOSTICS count = ROW_COUNT;
                own := own + count;
                INSERT INTO main.audit_pending (
                    id, recorded_on, tenant_id, actor_kind, entity, entity_id, action, after)
                SELECT \(newID), date_trunc('milliseconds', now()), erased.chain, 'system', 'AuditLog', tenant, 'erase',
                    jsonb_build_object('rows', erased.rows)
                FROM (VALUES (tenant, own), (NULL::uuid, foreign_rows)) AS erased (chain, rows) WHERE erased.rows > 0;
                PERFORM set_config('app.audit_maintenance', '', true);
                RETURN own + foreign_rows;
            END
            $function$;

            """
    }

    /// How old rows are deleted.
    static let purging = """
        -- Deletes the beginnings of chains, up to the given rows, and remembers where they continue. A checkpoint whose seal is not
        -- the service's is found by `arc audit verify`.
        CREATE FUNCTION main.purge_audit_rows(chains uuid[], sequences bigint[], hashes text[], seals text[]) RETURNS bigint
            LANGUAGE plpgsql SECURITY DEFINER
            SET search_path = pg_catalog, pg_temp AS $function$
        DECLARE
            youngest constant timestamptz := now() - interval '\(shortestRetentionDays) days';
            purged bigint;
        BEGIN
            PERFORM set_config('app.audit_maintenance', 'on', true);
            WITH given AS (
                SELECT chain, sequence, hash, seal
                FROM unnest(chains, sequences, hashes, seals) AS given (chain, sequence, hash, seal)
                WHERE EXISTS (
                        SELECT FROM main.audit_chained AS last
                        WHERE last.chain = given.chain AND last.sequence = given.sequence AND last.hash = given.hash)
                    AND NOT EXISTS (
                        SELECT FROM main.audit_chained AS young
                        WHERE young.chain = given.chain AND young.sequence <= given.sequence AND young.recorded_on > youngest)),
            deleted AS (
                DELETE FROM main.audit_chained AS old USING given
                WHERE old.chain = given.chain AND old.sequence <= given.sequence
                RETURNING old.chain),
            counted AS (SELECT chain, count(*) AS rows FROM deleted GROUP BY chain),
            stored AS (
                INSERT INTO main.audit_checkpoints AS known (chain, sequence, hash, purged_rows, seal, sealed_on)
                SELECT given.chain, given.sequence, given.hash, counted.rows, given.seal, now()
                FROM given JOIN counted ON counted.chain = given.chain
                ON CONFLICT (chain) DO UPDATE
                SET sequence = excluded.sequence, hash = excluded.hash, seal = excluded.seal, sealed_on = excluded.sealed_on,
                    purged_rows = known.purged_rows + excluded.purged_rows
                WHERE excluded.sequence > known.sequence)
            SELECT coalesce(sum(rows), 0) INTO purged FROM counted;
            PERFORM set_config('app.audit_maintenance', '', true);
            RETURN purged;
        END
        $function$;

        """
}
