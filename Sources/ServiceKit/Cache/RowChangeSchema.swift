/// The SQL of the log of changed rows, for a service's own migrations: table `main.row_changes`.
///
/// Statement triggers write it in the transaction of the change, so no change is missing, whatever happens to the writer.
/// Rows are removed one to two minutes after their commit.
package enum RowChangeSchema {
    /// The statements that create the log and its triggers in schema `main`.
    /// - Parameters:
    ///   - tables: Tables whose rows are cached; each has `id` and `row_version`.
    ///   - runtimeRole: The role that the service runs as; nothing is granted when it does not exist.
    package static func up(tables: [String], runtimeRole: String) -> String {
        """
        -- Which rows of cached tables have changed, for the caches of all nodes.
        CREATE TABLE main.row_changes (
            table_name text NOT NULL,
            row_id uuid NOT NULL,
            row_version bigint NOT NULL,
            transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id()
        );
        CREATE INDEX idx_row_changes_transaction ON main.row_changes (transaction_id);
        COMMENT ON COLUMN main.row_changes.transaction_id IS
            'readers ask for what their last snapshot did not show, which the order of commits cannot confuse';
        ALTER TABLE main.row_changes ENABLE ROW LEVEL SECURITY;
        CREATE POLICY service_only ON main.row_changes USING ((SELECT current_setting('app.tenant_id', true) = '*'));

        -- Runs as the owner: a tenant's own write is logged, and cannot log anything else.
        CREATE FUNCTION main.log_row_changes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
            SET search_path = pg_catalog, pg_temp AS $$
        BEGIN
            INSERT INTO main.row_changes (table_name, row_id, row_version)
            SELECT TG_TABLE_NAME, changed.id, changed.row_version + CASE TG_OP WHEN 'DELETE' THEN 1 ELSE 0 END
            FROM changed;
            RETURN NULL;
        END
        $$;

        \(tables.map(triggers).joined(separator: "\n"))

        DO $grants$
        BEGIN
            IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '\(runtimeRole)') THEN
                GRANT SELECT, DELETE ON main.row_changes TO \(runtimeRole);
            END IF;
        END
        $grants$;

        """
    }

    private static func triggers(on table: String) -> String {
        """
        CREATE TRIGGER log_row_updates AFTER UPDATE ON main.\(table) REFERENCING NEW TABLE AS changed
            FOR EACH STATEMENT EXECUTE FUNCTION main.log_row_changes();
        CREATE TRIGGER log_row_deletions AFTER DELETE ON main.\(table) REFERENCING OLD TABLE AS changed
            FOR EACH STATEMENT EXECUTE FUNCTION main.log_row_changes();
        """
    }

    /// The statements that remove the log and its triggers.
    package static func down(tables: [String]) -> String {
        tables.map { table in
            """
            DROP TRIGGER log_row_deletions ON main.\(table);
            DROP TRIGGER log_row_updates ON main.\(table);

            """
        }.joined() + """
            DROP FUNCTION main.log_row_changes();
            DROP TABLE main.row_changes;

            """
    }
}
