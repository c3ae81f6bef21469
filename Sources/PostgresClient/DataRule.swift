/// What a migration asks of the rows that it finds, written down beside the migration.
///
/// A database that another program has filled may hold rows that a constraint or index of ours does not admit. Each such
/// rule is looked at before anything is changed, so that whoever migrates gets the rows and the repair rather than the
/// database's error.
package struct DataRule: Sendable, Hashable {
    /// What rows that break the rule lead to.
    package enum Effect: String, Sendable, Hashable {
        /// The migration would fail: nothing is migrated before they are repaired.
        case stops
        /// They stay as they are and can be read; what is said of them holds.
        case warns
    }

    /// The name, as a rule the one of the index or constraint behind it.
    package let name: String
    /// What broken rows lead to.
    package let effect: Effect
    /// What the rule is for, and what becomes of rows that break it; for people.
    package let why: String
    /// `SELECT` of the rows that break the rule: their ids and the values in question, never secrets. It must run on
    /// every state that the database can be in before the migration, the original's among them; and end without `;`.
    package let query: String
    /// What the repair does, and what may be done instead; for people.
    package let advice: String
    /// SQL that mends all rows which break the rule; nil when only a person can decide.
    package let repair: String?

    /// Writes a rule down.
    package init(
        _ name: String, _ effect: Effect, why: String, query: String, advice: String, repair: String? = nil
    ) {
        self.name = name
        self.effect = effect
        self.why = why
        self.query = query
        self.advice = advice
        self.repair = repair
    }
}

extension DataRule {
    /// The role that a service runs as exists when tables of the original are taken over: otherwise the migrations
    /// would grant it nothing, and it would not get in.
    package static func runtimeRoleExists(_ role: String) -> DataRule {
        DataRule(
            "runtime_role_exists", .stops,
            why: "The service runs as \(role), which the migrations grant what it needs. The role does not exist.",
            query: "SELECT '\(role)' AS role WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '\(role)')",
            advice: "As a superuser; then give it a password with \\password \(role), or grant it to your own role.",
            repair: "CREATE ROLE \(role) LOGIN NOSUPERUSER NOBYPASSRLS;")
    }

    /// The role that a service runs as is bound by row-level security.
    package static func runtimeRoleIsConfined(_ role: String) -> DataRule {
        DataRule(
            "runtime_role_is_confined", .stops,
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

    /// A column that is to get another type is read by no view, which PostgreSQL would refuse.
    /// - Parameter table: In schema `main`.
    package static func noViews(_ name: String, on table: String, column: String) -> DataRule {
        DataRule(
            name, .stops,
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
