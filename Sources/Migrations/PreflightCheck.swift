/// What a migration requires of existing rows, written beside the migration.
///
/// A database that another program has filled may contain rows that a new constraint or index would refuse. Checks run
/// before anything is changed, so that the person who migrates gets the rows and the repair, not an error of the database.
package struct PreflightCheck: Sendable, Hashable {
    /// The consequence of rows that fail.
    package enum Severity: Sendable, Hashable {
        /// The migration would fail: nothing is migrated until the rows are repaired.
        case blocking
        /// The rows stay as they are and can be read, with the consequence that `why` describes.
        case warning
    }

    /// The name, usually that of the index or constraint that needs the check.
    package let name: String
    package let severity: Severity
    /// The purpose, and the consequence for rows that fail; for people.
    package let why: String
    /// `SELECT` of the rows that fail: their ids and the values in question, never secrets. It must run on every state
    /// that the database can be in before the migration, the baseline among them; and end without `;`.
    package let query: String
    /// What the repair does, and what may be done instead; for people.
    package let advice: String
    /// SQL that repairs all rows that fail; nil when only a person can decide.
    package let repair: String?

    /// Makes a check; see the properties.
    package init(
        _ name: String, _ severity: Severity, why: String, query: String, advice: String, repair: String? = nil
    ) {
        self.name = name
        self.severity = severity
        self.why = why
        self.query = query
        self.advice = advice
        self.repair = repair
    }
}

extension PreflightCheck {
    /// The role that a service runs as must exist when tables are adopted: otherwise the migrations would grant it
    /// nothing, and it could not connect.
    package static func runtimeRoleExists(_ role: String) -> PreflightCheck {
        PreflightCheck(
            "runtime_role_exists", .blocking,
            why: "The service runs as \(role), which the migrations grant what it needs. The role does not exist.",
            query: "SELECT '\(role)' AS role WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '\(role)')",
            advice: "As a superuser; then give it a password with \\password \(role), or grant it to your own role.",
            repair: "CREATE ROLE \(role) LOGIN NOSUPERUSER NOBYPASSRLS;")
    }

    /// The role that a service runs as must be bound by row-level security.
    package static func runtimeRoleIsConfined(_ role: String) -> PreflightCheck {
        PreflightCheck(
            "runtime_role_is_confined", .blocking,
            why: """
                Tenants are kept apart by row-level security, which binds neither superusers nor roles with BYPASSRLS \
                nor the owner of a table. \(role) is one of them.
                """,
            query: """
                SELECT r.rolname AS role, r.rolsuper AS superuser, r.rolbypassrls AS bypasses_rls, t.owned AS owned_tables
                FROM pg_roles AS r CROSS JOIN LATERAL (
                    SELECT string_agg(c.relname, ', ' ORDER BY c.relname) AS owned FROM pg_class AS c
                    WHERE c.relnamespace = to_regnamespace('main') AND c.relkind IN ('r', 'p')
                        AND pg_has_role(r.oid, c.relowner, 'MEMBER')
                ) AS t
                WHERE r.rolname = '\(role)' AND (r.rolsuper OR r.rolbypassrls OR t.owned IS NOT NULL)
                """,
            advice: """
                As a superuser. Tables that \(role) owns, itself or through membership in their owner, need another \
                owner: ALTER TABLE … OWNER TO …, or REVOKE <owner> FROM \(role).
                """,
            repair: "ALTER ROLE \(role) NOSUPERUSER NOBYPASSRLS;")
    }

    /// A column whose type changes must not be read by a view, because PostgreSQL would refuse the change.
    /// - Parameter table: In schema `main`.
    package static func noViews(_ name: String, on table: String, column: String) -> PreflightCheck {
        PreflightCheck(
            name, .blocking,
            why: "The column \(table).\(column) gets another type, which PostgreSQL refuses while a view reads it.",
            query: """
                SELECT DISTINCT v.oid::regclass::text AS view FROM pg_depend AS d
                JOIN pg_rewrite AS r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
                JOIN pg_class AS v ON v.oid = r.ev_class
                JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = to_regclass('main.\(table)')
                    AND a.attname = '\(column)'
                ORDER BY 1
                """,
            advice: "Note the view's definition (\\d+ in psql), drop it, and create it again afterwards.")
    }
}
