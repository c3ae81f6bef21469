extension AuditSchema {
    /// SQL of what a row's hash covers, over `row`, apart from what may be erased: that is covered by digests. The texts of PostgreSQL's
    /// `jsonb` are the same in every version.
    static func item(_ row: String, sequence: String, actorDigest: String, contentDigest: String) -> String {
        """
        jsonb_build_array(coalesce(\(row).tenant_id, '\(operatorChain)'), \(sequence), \(row).id,
            (extract(epoch FROM \(row).recorded_on) * 1000)::bigint, \(row).actor_kind, \(row).credential, \(row).entity,
            \(row).entity_id, \(row).action, \(row).request_id, \(row).trace_id, \(actorDigest), \(contentDigest))::text
        """
    }

    /// SQL of the digest of the actor.
    static func actorDigest(_ row: String, salt: String) -> String {
        "encode(sha256(convert_to(\(salt)::text || coalesce(\(row).actor, ''), 'UTF8')), 'hex')"
    }

    /// SQL of the digest of what was changed.
    static func contentDigest(_ row: String, salt: String) -> String {
        """
        encode(sha256(convert_to(\(salt)::text || jsonb_build_array(\(row).before, \(row).after)::text, 'UTF8')), 'hex')
        """
    }

    private static let linkedItem = item(
        "numbered", sequence: "numbered.number",
        actorDigest: actorDigest("numbered", salt: "numbered.actor_salt"),
        contentDigest: contentDigest("numbered", salt: "numbered.content_salt"))

    /// How pending rows get their places in the chains.
    static let chaining = """
        CREATE FUNCTION main.audit_link_step(link text, head text, item text) RETURNS text LANGUAGE plpgsql IMMUTABLE
            PARALLEL SAFE AS $function$
        BEGIN
            RETURN encode(sha256(convert_to(coalesce(link, head) || item, 'UTF8')), 'hex');
        END
        $function$;
        -- Over the rows of a chain in their order: the hash of each, beginning with the hash of the head.
        CREATE AGGREGATE main.audit_link(text, text) (SFUNC = main.audit_link_step, STYPE = text);

        -- Moves pending rows into their chains, in the order of their times. Rows that are committed later come later, whatever
        -- their times say; so numbers have no gaps and no row is left out. Returns the new heads, which are not sealed yet.
        -- Only the holder of the work does it; the lock keeps everybody else out until the end of the transaction. Everything is looked
        -- up by indexes, however small a table seemed to be when the plan was made, and sorted once.
        CREATE FUNCTION main.chain_audit_rows(holder uuid, maximum bigint)
            RETURNS TABLE (chain uuid, sequence bigint, hash text, rows bigint) LANGUAGE plpgsql SECURITY DEFINER
            SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
            SET plan_cache_mode = force_generic_plan AS $function$
        #variable_conflict use_column
        BEGIN
            PERFORM FROM main.audit_work WHERE claim = holder FOR UPDATE;
            IF NOT FOUND THEN
                RETURN;
            END IF;
            -- Not as a setting of the function: only a superuser may create one with a setting that PostgreSQL does not know.
            PERFORM set_config('app.audit_maintenance', 'on', true);
            RETURN QUERY
            WITH moved AS (
                DELETE FROM main.audit_pending AS pending
                WHERE pending.ctid = ANY (ARRAY(SELECT oldest.ctid FROM main.audit_pending AS oldest ORDER BY oldest.id LIMIT maximum))
                RETURNING pending.*),
            salted AS MATERIALIZED (
                SELECT moved.id, moved.recorded_on, moved.tenant_id, moved.actor, moved.actor_kind, moved.credential, moved.entity,
                    moved.entity_id, moved.action, moved.before, moved.after, moved.request_id, moved.trace_id, moved.erased_on,
                    moved.row_version, gen_random_uuid() AS actor_salt, gen_random_uuid() AS content_salt,
                    coalesce(moved.tenant_id, '\(operatorChain)') AS chain
                FROM moved),
            numbered AS (
                SELECT salted.*, coalesce(head.hash, '') AS head, coalesce(head.sequence, 0) AS former,
                    coalesce(head.sequence, 0)
                        + row_number() OVER (PARTITION BY salted.chain ORDER BY salted.recorded_on, salted.id) AS number
                FROM salted LEFT JOIN LATERAL (
                    SELECT known.hash, known.sequence FROM main.audit_chains AS known WHERE known.chain = salted.chain OFFSET 0
                ) AS head ON true),
            linked AS MATERIALIZED (
                SELECT numbered.*, main.audit_link(
                    numbered.head, \(linkedItem)
                ) OVER in_order AS link, lead(numbered.id) OVER in_order IS NULL AS is_last
                FROM numbered
                WINDOW in_order AS (
                    PARTITION BY numbered.chain ORDER BY numbered.recorded_on, numbered.id ROWS UNBOUNDED PRECEDING)),
            stored AS (
                INSERT INTO main.audit_chained (
                    id, recorded_on, tenant_id, actor, actor_kind, credential, entity, entity_id, action, before, after, request_id,
                    trace_id, erased_on, is_chained, chain, sequence, hash, actor_salt, content_salt, row_version)
                SELECT id, recorded_on, tenant_id, actor, actor_kind, credential, entity, entity_id, action, before, after, request_id,
                    trace_id, erased_on, true, chain, number, link, actor_salt, content_salt, row_version + 1
                FROM linked),
            heads AS MATERIALIZED (
                SELECT chain, number, link, number - former AS rows FROM linked WHERE is_last),
            changed AS (
                INSERT INTO main.audit_chains AS known (chain, sequence, hash)
                SELECT chain, number, link FROM heads
                ON CONFLICT (chain) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash, seal = NULL
                RETURNING known.chain)
            SELECT heads.chain, heads.number, heads.link, heads.rows FROM heads;
            PERFORM set_config('app.audit_maintenance', '', true);
        END
        $function$;

        -- Seals heads that are still the same.
        CREATE FUNCTION main.seal_audit_chains(chains uuid[], sequences bigint[], seals text[]) RETURNS void LANGUAGE sql
            SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
            UPDATE main.audit_chains AS head SET seal = given.seal
            FROM unnest(chains, sequences, seals) AS given (chain, sequence, seal)
            WHERE head.chain = given.chain AND head.sequence = given.sequence AND head.seal IS NULL
        $function$;

        """
}
