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
