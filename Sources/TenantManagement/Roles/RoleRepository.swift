import Entities
import PostgresClient
import ServiceKit
import ServicePlatform

/// SQL of roles beyond the common one.
struct RoleRepository: Sendable {
    let pool: PostgresPool

    /// What ``RoleTable`` reads.
    static let reading = PostgresStatement(
        """
        SELECT state.version, role.name, role.audience, role.permissions FROM main.role_state AS state
        LEFT JOIN main.roles AS role ON state.version <> $1 AND role.source = 'own' AND NOT role.deleted
        ORDER BY role.id LIMIT \(RoleTable.maximumRoles)
        """)

    /// The statement that fails (`isGuardViolation`) when there are more own roles than `limit`. For the transaction of the
    /// insert, after it: inserts follow one another, because each counts the version of the table up.
    static func limit(_ limit: Int) -> BoundStatement { BoundStatement(counting, [.int64(Int64(limit))]) }

    private static let counting: PostgresStatement = """
        SELECT 1 / (count(*) <= $1)::integer FROM main.roles WHERE source = 'own' AND NOT deleted
        """

    /// Keys that are counted at most.
    static let countedKeys = 100

    /// Number of API keys that have a role and are still accepted, up to ``countedKeys``.
    func keys(withRole name: String) async throws(PostgresError) -> Int {
        let result = try await pool.query(
            Self.countingKeys, [.text(name), .int32(Int32(Self.countedKeys))], settings: TenantScope.everyTenant,
            as: .read)
        return try result.first?.int(0) ?? 0
    }

    private static let countingKeys: PostgresStatement = "SELECT main.count_keys_with_role($1, $2)"

    /// Makes the list show the built-in roles of this release and those of the file. What they allow does not depend on it.
    /// - Returns: The names of roles of `/roles` that have no effect, because one of those has the same name.
    func list(file: [Role]) async throws(PostgresError) -> [String] {
        let roles = Role.builtIn.map { ($0, StoredRole.Source.builtIn) } + file.map { ($0, .file) }
        var batch = PostgresBatch(settings: TenantScope.everyTenant)
        let names = PostgresValue.textArray(roles.map { $0.0.name.lowercased() })
        batch.add(Self.unlisting, [names])
        batch.add(
            Self.listing,
            [
                .textArray(roles.map(\.0.name)), .textArray(roles.map(\.0.description)),
                .textArray(roles.map(\.0.audience.rawValue)),
                .textArray(roles.map { $0.0.permissions.sorted().joined(separator: ",") }),
                .textArray(roles.map(\.1.rawValue)),
            ])
        batch.add(Self.hidden, [names])
        var hidden: [String] = []
        guard let last = try await pool.run(batch).last else { return hidden }
        for row in last.rows { hidden.append(try row.text(0)) }
        return hidden
    }

    private static let hidden: PostgresStatement = """
        SELECT name FROM main.roles WHERE source = 'own' AND NOT deleted AND lower(name) = ANY ($1::text[]) ORDER BY name
        """

    private static let unlisting: PostgresStatement = """
        UPDATE main.roles SET deleted = true, deleted_on = date_trunc('milliseconds', now())
        WHERE source <> 'own' AND NOT deleted AND lower(name) <> ALL ($1::text[])
        """

    /// A role of `/roles` with the same name stays, without effect.
    private static let listing: PostgresStatement = """
        INSERT INTO main.roles AS role (id, name, description, audience, permissions, source)
        SELECT gen_random_uuid(), name, nullif(description, ''), audience, string_to_array(permissions, ','), source
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
            AS listed (name, description, audience, permissions, source)
        ORDER BY name
        ON CONFLICT (lower(name)) WHERE NOT deleted DO UPDATE SET
            name = excluded.name, description = excluded.description, audience = excluded.audience,
            permissions = excluded.permissions, source = excluded.source
        WHERE role.source <> 'own' AND
            (role.name, role.description, role.audience, role.permissions, role.source) IS DISTINCT FROM
            (excluded.name, excluded.description, excluded.audience, excluded.permissions, excluded.source)
        """
}
