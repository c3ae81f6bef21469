/// The SQL that brings a cluster to the state of `DatabasePlan`, from any state: every statement may run again.
/// It goes to `psql` on standard input, because it holds passwords.
enum BootstrapSQL {
    /// Roles and databases. Run in database `postgres` as the superuser.
    static func cluster(password: (String) -> String) -> String {
        var lines = [
            // A failing statement must not bring a password into the server's log.
            "SET log_statement = 'none';",
            "SET log_min_error_statement = 'panic';",
            "SET password_encryption = 'scram-sha-256';",
        ]
        for role in DatabasePlan.roles {
            let rights = role.isProvisioner ? "CREATEDB CREATEROLE" : "NOCREATEDB NOCREATEROLE"
            lines.append(create("ROLE", role.name, unlessIn: "pg_roles", column: "rolname"))
            lines.append(
                "ALTER ROLE \(identifier(role.name)) LOGIN NOSUPERUSER \(rights) NOBYPASSRLS NOREPLICATION"
                    + " PASSWORD \(literal(password(role.name)));")
        }
        for database in DatabasePlan.databases {
            let name = identifier(database.name)
            lines.append(create("DATABASE", database.name, unlessIn: "pg_database", column: "datname"))
            lines.append("ALTER DATABASE \(name) OWNER TO \(identifier(database.owner));")
            // By default everybody may connect to every database.
            lines.append("REVOKE ALL ON DATABASE \(name) FROM PUBLIC;")
            if let runtime = database.runtime {
                lines.append("GRANT CONNECT ON DATABASE \(name) TO \(identifier(runtime));")
            }
        }
        lines.append("REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;")
        return lines.joined(separator: "\n") + "\n"
    }

    /// The schema, owned by the role that migrates. What the runtime role may do with each table is the migrations' own
    /// business: they grant it table by table. Run in the database.
    static func schema(_ database: DatabasePlan.Database) -> String {
        var lines = ["SET client_min_messages = 'warning';", "REVOKE ALL ON SCHEMA public FROM PUBLIC;"]
        if let runtime = database.runtime {
            let schema = identifier(DatabasePlan.schema)
            lines += [
                "CREATE SCHEMA IF NOT EXISTS \(schema) AUTHORIZATION \(identifier(database.owner));",
                "GRANT USAGE ON SCHEMA \(schema) TO \(identifier(runtime));",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// After migrations: the runtime role may read which of them ran, for its health check. Run in the database.
    static func afterMigrations(_ database: DatabasePlan.Database) -> String? {
        guard let runtime = database.runtime else { return nil }
        let table = "\(DatabasePlan.schema).schema_migrations"
        let grant = "GRANT SELECT ON \(table) TO \(identifier(runtime))"
        return "SELECT \(literal(grant)) WHERE to_regclass(\(literal(table))) IS NOT NULL \\gexec\n"
    }

    /// `psql` runs what the SELECT returns: nothing when it exists. (CREATE DATABASE has no IF NOT EXISTS and is not
    /// allowed in a DO block.)
    private static func create(_ kind: String, _ name: String, unlessIn catalog: String, column: String) -> String {
        "SELECT \(literal("CREATE \(kind) \(identifier(name))")) WHERE NOT EXISTS"
            + " (SELECT FROM \(catalog) WHERE \(column) = \(literal(name))) \\gexec"
    }

    /// A quoted identifier.
    static func identifier(_ name: String) -> String { "\"" + doubled("\"", in: name) + "\"" }

    /// A quoted literal (`standard_conforming_strings` is on).
    static func literal(_ text: String) -> String { "'" + doubled("'", in: text) + "'" }

    private static func doubled(_ quote: Character, in text: String) -> String {
        String(text.flatMap { $0 == quote ? [quote, quote] : [$0] })
    }
}
