/// The SQL of a service's audit log, for its own migrations.
///
/// `main.audit_logs` has two partitions. Triggers of the audited tables insert into `audit_pending`, which has nothing but a primary
/// key, in the transaction of the change. A background worker moves rows to `audit_chained`, which has the indexes, and links each to
/// the one before it in its tenant's chain. So a write waits for no other one, and no committed row is left out.
package enum AuditSchema {
    /// The chain of what belongs to no tenant.
    static let operatorChain = "00000000-0000-0000-0000-000000000000"

    /// Days for which a row cannot be purged, whatever the configuration says.
    static let shortestRetentionDays = 30

    /// The statements that create the audit log in schema `main`, which must exist, and attach the tables.
    /// - Parameters:
    ///   - runtimeRole: The role that the service runs as; nothing is granted when it does not exist.
    ///   - erasureCondition: SQL over `tenant`: whether the personal data of that tenant may be erased from the log.
    package static func up(
        runtimeRole: String, tables: [AuditedTable], erasureCondition: String = "true"
    ) -> String {
        [
            Self.tables, recording, chaining, erasing(erasureCondition), purging, grants(runtimeRole),
            attach(tables),
        ].joined(separator: "\n")
    }

    /// The statements that detach the tables and remove the log with all that it holds.
    package static func down(tables: [AuditedTable]) -> String {
        detach(tables) + """
            DROP FUNCTION main.audit_table(text, text, text, text, text[], text[], jsonb, text, text);
            DROP FUNCTION main.chain_audit_rows(uuid, bigint);
            DROP AGGREGATE main.audit_link(text, text);
            DROP FUNCTION main.audit_link_step(text, text, text);
            DROP FUNCTION main.seal_audit_chains(uuid[], bigint[], text[]);
            DROP FUNCTION main.erase_audit_content(uuid, uuid[], text[]);
            DROP FUNCTION main.purge_audit_rows(uuid[], bigint[], text[], text[]);
            DROP TABLE main.audit_work;
            DROP TABLE main.audit_checkpoints;
            DROP TABLE main.audit_chains;
            DROP TABLE main.audit_logs;
            DROP FUNCTION main.refuse_audit_change();
            DROP FUNCTION main.audit_command(uuid, text, uuid, text, jsonb);
            DROP FUNCTION main.audit_uuid(text);

            """
    }

    /// The statements that attach tables which were made, or got other columns, in later migrations.
    package static func attach(_ tables: [AuditedTable]) -> String { tables.map(\.attaching).joined() }

    /// The statements that detach tables.
    package static func detach(_ tables: [AuditedTable]) -> String { tables.map(\.detaching).joined() }

    /// The statements that leave room in each page for a second version of the ends of chains, which are written and then sealed.
    package static let roomForSeals = "ALTER TABLE main.audit_chains SET (fillfactor = 50);\n"

    /// The statements that return to what was before.
    package static let littleRoomForSeals = "ALTER TABLE main.audit_chains SET (fillfactor = 80);\n"

    private static let tables = """
        CREATE FUNCTION main.audit_uuid(value text) RETURNS uuid LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $function$
        BEGIN
            RETURN CASE WHEN value ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN value::uuid END;
        END
        $function$;

        -- Who changed what, and when: one row for each row that was changed. Nobody changes or deletes one, see main.audit_table.
        CREATE TABLE main.audit_logs (
            id uuid NOT NULL,
            recorded_on timestamptz NOT NULL,
            tenant_id uuid,
            actor text,
            actor_kind text NOT NULL,
            credential text,
            entity text NOT NULL,
            entity_id uuid,
            action text NOT NULL,
            before jsonb,
            after jsonb,
            request_id text,
            trace_id text,
            erased_on timestamptz,
            is_chained boolean NOT NULL DEFAULT false,
            chain uuid,
            sequence bigint,
            hash text,
            actor_salt uuid,
            actor_digest text,
            content_salt uuid,
            content_digest text,
            row_version bigint NOT NULL DEFAULT 1
        ) PARTITION BY LIST (is_chained);
        COMMENT ON COLUMN main.audit_logs.actor_digest IS 'instead of the actor and its salt, once it was erased';
        COMMENT ON COLUMN main.audit_logs.content_digest IS 'instead of before and after and their salt, once they were erased';
        CREATE TABLE main.audit_pending PARTITION OF main.audit_logs (PRIMARY KEY (id)) FOR VALUES IN (false)
            WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
                autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 50000);
        CREATE TABLE main.audit_chained PARTITION OF main.audit_logs (
            PRIMARY KEY (id), CHECK (chain IS NOT NULL AND sequence IS NOT NULL AND hash IS NOT NULL)) FOR VALUES IN (true);
        CREATE UNIQUE INDEX idx_audit_chained_chain ON main.audit_chained (chain, sequence);
        CREATE INDEX idx_audit_chained_tenant ON main.audit_chained (tenant_id, recorded_on DESC, id);
        CREATE INDEX idx_audit_chained_recorded ON main.audit_chained (recorded_on DESC, id);
        CREATE INDEX idx_audit_chained_row ON main.audit_chained (entity_id, recorded_on DESC, id);
        CREATE INDEX idx_audit_chained_actor ON main.audit_chained (actor, recorded_on DESC, id) WHERE actor IS NOT NULL;
        CREATE INDEX idx_audit_chained_request ON main.audit_chained (request_id) WHERE request_id IS NOT NULL;

        -- The last row of each chain. The seal is made under a key that the database does not have.
        CREATE TABLE main.audit_chains (
            chain uuid PRIMARY KEY,
            sequence bigint NOT NULL,
            hash text NOT NULL,
            seal text
        ) WITH (fillfactor = 80);
        -- Up to which row a chain was purged.
        CREATE TABLE main.audit_checkpoints (
            chain uuid PRIMARY KEY,
            sequence bigint NOT NULL,
            hash text NOT NULL,
            purged_rows bigint NOT NULL,
            seal text NOT NULL,
            sealed_on timestamptz NOT NULL
        );
        -- One row: whoever has claimed it moves pending rows into their chains.
        CREATE TABLE main.audit_work (
            id uuid PRIMARY KEY,
            due_at timestamptz,
            claim uuid,
            attempts integer NOT NULL DEFAULT 0,
            last_error varchar(300)
        );
        INSERT INTO main.audit_work (id, due_at) VALUES ('\(operatorChain)', now());

        DO $policies$
        DECLARE
            partition text;
        BEGIN
            FOREACH partition IN ARRAY ARRAY['audit_logs', 'audit_pending', 'audit_chained'] LOOP
                EXECUTE format('ALTER TABLE main.%I ENABLE ROW LEVEL SECURITY', partition);
                EXECUTE format(
                    'CREATE POLICY tenant_isolation ON main.%I USING ('
                        '(SELECT current_setting(''app.tenant_id'', true) = ''*'') OR '
                        'tenant_id = (SELECT main.audit_uuid(current_setting(''app.tenant_id'', true))))',
                    partition);
            END LOOP;
            FOREACH partition IN ARRAY ARRAY['audit_chains', 'audit_checkpoints', 'audit_work'] LOOP
                EXECUTE format('ALTER TABLE main.%I ENABLE ROW LEVEL SECURITY', partition);
                EXECUTE format(
                    'CREATE POLICY service_only ON main.%I USING ((SELECT current_setting(''app.tenant_id'', true) = ''*''))',
                    partition);
            END LOOP;
        END
        $policies$;

        -- The service has no right to change rows; this is for everybody else, against mistakes. Against intent there is the chain.
        CREATE FUNCTION main.refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $function$
        BEGIN
            IF coalesce(current_setting('app.audit_maintenance', true), '') <> 'on' THEN
                RAISE EXCEPTION 'rows of the audit log are never changed or deleted' USING ERRCODE = 'insufficient_privilege';
            END IF;
            RETURN NULL;
        END
        $function$;
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON main.audit_logs
            FOR EACH STATEMENT EXECUTE FUNCTION main.refuse_audit_change();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON main.audit_pending
            FOR EACH STATEMENT EXECUTE FUNCTION main.refuse_audit_change();
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON main.audit_chained
            FOR EACH STATEMENT EXECUTE FUNCTION main.refuse_audit_change();

        """

    private static func grants(_ runtimeRole: String) -> String {
        """
        REVOKE ALL ON FUNCTION main.audit_table(text, text, text, text, text[], text[], jsonb, text, text) FROM PUBLIC;
        REVOKE ALL ON FUNCTION main.audit_command(uuid, text, uuid, text, jsonb) FROM PUBLIC;
        REVOKE ALL ON FUNCTION main.chain_audit_rows(uuid, bigint) FROM PUBLIC;
        REVOKE ALL ON FUNCTION main.seal_audit_chains(uuid[], bigint[], text[]) FROM PUBLIC;
        REVOKE ALL ON FUNCTION main.erase_audit_content(uuid, uuid[], text[]) FROM PUBLIC;
        REVOKE ALL ON FUNCTION main.purge_audit_rows(uuid[], bigint[], text[], text[]) FROM PUBLIC;
        DO $grants$
        BEGIN
            IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '\(runtimeRole)') THEN
                GRANT SELECT ON main.audit_logs, main.audit_chains, main.audit_checkpoints TO \(runtimeRole);
                GRANT SELECT, UPDATE ON main.audit_work TO \(runtimeRole);
                GRANT EXECUTE ON FUNCTION main.audit_command(uuid, text, uuid, text, jsonb),
                    main.chain_audit_rows(uuid, bigint),
                    main.seal_audit_chains(uuid[], bigint[], text[]), main.erase_audit_content(uuid, uuid[], text[]),
                    main.purge_audit_rows(uuid[], bigint[], text[], text[]) TO \(runtimeRole);
            END IF;
        END
        $grants$;

        """
    }
}
