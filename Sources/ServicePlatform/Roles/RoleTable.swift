import Entities
package import PostgresClient
package import ServiceKit

/// Reads the roles of `/roles` from a service's own database.
package struct RoleTable: Sendable {
    /// The roles at a version of the table.
    package struct Reading: Sendable {
        package let version: Int64
        /// Empty if the version is the known one.
        package let roles: [Role]
    }

    /// The database returned no version, although it always should.
    struct NoVersion: Error, CustomStringConvertible {
        let description = "the version of the roles is missing"
    }

    /// Most roles that are read.
    package static let maximumRoles = 2_000

    let pool: PostgresPool
    /// Version, name, audience and permissions of each role, if the version is not `$1`, else the version alone. One
    /// statement, so that the roles are those of the version.
    let statement: PostgresStatement

    /// - Parameter version: The known version; nil: none.
    func read(since version: Int64?) async throws -> Reading {
        let result = try await pool.query(
            statement, [.int64(version ?? -1)], settings: TenantScope.everyTenant, as: .read)
        guard let first = result.first else { throw NoVersion() }
        var roles: [Role] = []
        for row in result.rows {
            guard let name = try row.textIfPresent(1), let audience = Role.Audience(rawValue: try row.text(2)) else {
                continue
            }
            // Of codes that this release does not know, no operation asks for one.
            roles.append(Role(name, audience, permissions: Set(try row.textArray(3))))
        }
        return Reading(version: try first.int64(0), roles: roles)
    }
}
