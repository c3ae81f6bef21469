import Entities

/// The SQL of the inbox, for a consumer's own migrations: table `main.inbox`.
///
/// It holds no tenant's data, only which event was handled by whom; so it has no row-level security. FOR UPDATE in the
/// purge needs the UPDATE privilege on a column: it is given for `processed_at` alone.
package enum InboxSchema {
    /// The statements that create the inbox in schema `main`, which must exist.
    /// - Parameter runtimeRole: the role that the service runs as; nothing is granted when it does not exist.
    package static func up(runtimeRole: String) -> String {
        table
            + RoleGrants.sql(
                to: runtimeRole,
                ["USAGE ON SCHEMA main", "SELECT, INSERT, DELETE, UPDATE (processed_at) ON main.inbox"])
    }

    /// The statements that remove the inbox with all that it holds.
    package static let down = "DROP TABLE main.inbox;\n"

    private static let table = """
        CREATE TABLE main.inbox (
            event_id uuid NOT NULL,
            consumer text NOT NULL CHECK (length(consumer) BETWEEN 1 AND 100),
            processed_at timestamptz NOT NULL,
            PRIMARY KEY (event_id, consumer)
        );
        CREATE INDEX inbox_processed_at ON main.inbox (processed_at);

        """
}
