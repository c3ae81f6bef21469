import Entities
import PostgresClient
import Primitives

/// SQL of moves.
enum MoveRepository {
    /// Locks the tenant, as all writers of its provisionings do.
    static func lock(_ tenant: Identifier, _ transaction: PostgresTransaction) async throws(PostgresError) {
        _ = try await transaction.query(locking, [.identifier(tenant)])
    }

    /// Marks the resources of the former place as deleted; other resources of the tenant stay.
    static func removePlaces(
        of tenant: Identifier, by actor: Actor, _ transaction: PostgresTransaction
    ) async throws(PostgresError) {
        _ = try await transaction.query(
            removing, [.identifier(tenant), .optional(actor.identifier) { .identifier($0) }])
    }

    private static let locking: PostgresStatement = "SELECT id FROM main.tenants WHERE id = $1 FOR UPDATE"

    private static let removing: PostgresStatement = """
        UPDATE main.resources SET deleted = true, deleted_on = now(), deleted_by = $2, modified_by = $2
        WHERE tenant_id = $1 AND type IN ('postgres-schema', 'postgres-database') AND NOT deleted
        """
}
