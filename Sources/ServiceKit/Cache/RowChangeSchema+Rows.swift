extension RowChangeSchema {
    /// The statements that log a change in the trigger that raises the version of its row, in a later migration: one call of a
    /// function for each update instead of two, and no table of changed rows.
    ///
    /// The function runs as the owner like `main.log_row_changes`, which remains for deletions. Instead of a search path of its
    /// own, which PostgreSQL would set and reset for each row, it names the schema of everything that it uses.
    package static func loggedByRow(tables: [String]) -> String {
        """
        CREATE FUNCTION main.touch_cached_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $function$
        BEGIN
            NEW.row_version := OLD.row_version OPERATOR(pg_catalog.+) 1;
            NEW.modified_on := pg_catalog.date_trunc('milliseconds', pg_catalog.clock_timestamp());
            NEW.deleted_on := pg_catalog.date_trunc('milliseconds', NEW.deleted_on);
            INSERT INTO main.row_changes (table_name, row_id, row_version)
            VALUES (TG_TABLE_NAME, NEW.id, NEW.row_version);
            RETURN NEW;
        END
        $function$;

        """
            + tables.map { table in
                """
                DROP TRIGGER log_row_updates ON main.\(table);
                DROP TRIGGER touch_row ON main.\(table);
                CREATE TRIGGER touch_row BEFORE UPDATE ON main.\(table)
                    FOR EACH ROW EXECUTE FUNCTION main.touch_cached_row();

                """
            }.joined()
    }

    /// The statements that log changes after each statement again.
    package static func loggedByStatement(tables: [String]) -> String {
        tables.map { table in
            """
            DROP TRIGGER touch_row ON main.\(table);
            CREATE TRIGGER touch_row BEFORE UPDATE ON main.\(table) FOR EACH ROW EXECUTE FUNCTION main.touch_row();
            CREATE TRIGGER log_row_updates AFTER UPDATE ON main.\(table) REFERENCING NEW TABLE AS changed
                FOR EACH STATEMENT EXECUTE FUNCTION main.log_row_changes();

            """
        }.joined() + "DROP FUNCTION main.touch_cached_row();\n"
    }
}
