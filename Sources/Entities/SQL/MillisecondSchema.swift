/// The SQL with which rows keep instants as responses show them, in milliseconds, for a service's own migrations: a value that
/// was read equals the value that is stored.
///
/// Older rows keep their microseconds, because nothing rewrites a table; conditions find them by what is shown.
package enum MillisecondSchema {
    /// The statements that make `main.touch_row`, the trigger function of every entity, and the defaults of the audit columns
    /// drop further digits.
    /// - Parameter tables: Tables of schema `main` that have an audit block.
    package static func up(tables: [String]) -> String {
        touchRow(
            """
                NEW.modified_on := date_trunc('milliseconds', clock_timestamp());
                NEW.deleted_on := date_trunc('milliseconds', NEW.deleted_on);
            """) + defaults(of: tables, "date_trunc('milliseconds', current_timestamp)")
    }

    /// The statements that return to microseconds.
    package static func down(tables: [String]) -> String {
        touchRow("    NEW.modified_on := clock_timestamp();") + defaults(of: tables, "current_timestamp")
    }

    private static func touchRow(_ assignments: String) -> String {
        """
        CREATE OR REPLACE FUNCTION main.touch_row() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.row_version := OLD.row_version + 1;
        \(assignments)
            RETURN NEW;
        END
        $$;

        """
    }

    private static func defaults(of tables: [String], _ value: String) -> String {
        tables.map { table in
            """
            ALTER TABLE main.\(table)
                ALTER COLUMN created_on SET DEFAULT \(value), ALTER COLUMN modified_on SET DEFAULT \(value);

            """
        }.joined()
    }
}
