import Entities
import PostgresClient
import Primitives
import ServicePlatform

/// SQL of the roles that tenant management has reported.
enum KnownRoles {
    /// What tenant management says about a role.
    struct Report: Sendable, Hashable {
        let id: Identifier
        let name: String
        let audience: String
        let permissions: [String]
        let isDeleted: Bool
        /// The version of the role. An earlier one changes nothing, so neither the order nor repetitions matter.
        let version: Int64
    }

    /// The statement that records a report.
    static func record(_ report: Report, at now: Timestamp) -> BoundStatement {
        BoundStatement(
            recording,
            [
                .identifier(report.id), .text(report.name), .text(report.audience), .textArray(report.permissions),
                .bool(report.isDeleted), .int64(report.version), .timestamp(now),
            ])
    }

    private static let recording: PostgresStatement = """
        INSERT INTO main.known_roles AS known (
            role_id, name, audience, permissions, is_deleted, role_version, changed_on)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (role_id) DO UPDATE SET
            name = excluded.name, audience = excluded.audience, permissions = excluded.permissions,
            is_deleted = excluded.is_deleted, role_version = excluded.role_version, changed_on = excluded.changed_on
        WHERE known.role_version < excluded.role_version
        """

    /// What ``RoleTable`` reads.
    static let reading = PostgresStatement(
        """
        SELECT state.version, role.name, role.audience, role.permissions FROM main.role_state AS state
        LEFT JOIN main.known_roles AS role ON state.version <> $1 AND NOT role.is_deleted
        ORDER BY role.role_id LIMIT \(RoleTable.maximumRoles)
        """)
}
