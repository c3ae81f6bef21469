/// The SQL that grants privileges to the role of a service, for migrations.
package enum RoleGrants {
    /// The statement that grants privileges to a role if it exists.
    package static func sql(to role: String, _ privileges: [String]) -> String {
        let grants = privileges.map { "        GRANT \($0) TO \(quoted(role, "\""));\n" }.joined()
        return """
            DO $grants$
            BEGIN
                IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = \(quoted(role, "'"))) THEN
            \(grants)    END IF;
            END
            $grants$;

            """
    }

    private static func quoted(_ name: String, _ mark: Character) -> String {
        "\(mark)" + name.replacing("\(mark)", with: "\(mark)\(mark)") + "\(mark)"
    }
}

extension RoleGrants {
    /// The statements that leave the functions of schema `main` to those who need them: PostgreSQL lets everybody execute each new
    /// function. The roles that may use the schema keep what policies, constraints and statements call; nobody needs to execute a
    /// function of a trigger, and those that run as the owner have grants of their own.
    package static let functionsOfSchemaUsers = """
        DO $functions$
        DECLARE
            routine record;
            holder text;
        BEGIN
            FOR routine IN
                SELECT function.oid::regprocedure AS name, function.prosecdef AS runs_as_owner,
                    function.prorettype = 'trigger'::regtype AS is_trigger
                FROM pg_catalog.pg_proc AS function
                WHERE function.pronamespace = 'main'::regnamespace
                    AND pg_catalog.pg_has_role(function.proowner, 'USAGE')
            LOOP
                EXECUTE pg_catalog.format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', routine.name);
                CONTINUE WHEN routine.is_trigger OR routine.runs_as_owner;
                FOR holder IN
                    SELECT DISTINCT entry.grantee::regrole::text
                    FROM pg_catalog.pg_namespace AS schema, pg_catalog.aclexplode(schema.nspacl) AS entry
                    WHERE schema.nspname = 'main' AND entry.grantee <> 0 AND entry.grantee <> schema.nspowner
                LOOP
                    EXECUTE pg_catalog.format('GRANT EXECUTE ON ROUTINE %s TO %s', routine.name, holder);
                END LOOP;
            END LOOP;
        END
        $functions$;

        """

    /// The statements that let everybody execute them again.
    package static let functionsOfEverybody = """
        DO $functions$
        DECLARE
            routine record;
        BEGIN
            FOR routine IN
                SELECT function.oid::regprocedure AS name FROM pg_catalog.pg_proc AS function
                WHERE function.pronamespace = 'main'::regnamespace
                    AND pg_catalog.pg_has_role(function.proowner, 'USAGE')
                    AND (function.prorettype = 'trigger'::regtype OR NOT function.prosecdef)
            LOOP
                EXECUTE pg_catalog.format('GRANT EXECUTE ON ROUTINE %s TO PUBLIC', routine.name);
            END LOOP;
        END
        $functions$;

        """
}
