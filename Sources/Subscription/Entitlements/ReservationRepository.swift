import Entities
import PostgresClient
import Primitives

/// SQL of reservations. All that changes what is left of a limit for those who reserve runs under a lock on the tenant's use of the
/// meter, so that together they never take more than there is.
struct ReservationRepository: Sendable {
    let pool: PostgresPool

    /// Reserves a part of a limit.
    /// - Parameter limit: Nil for as much as the tenant likes.
    /// - Returns: Whether there was enough left.
    func reserve(
        _ reservation: UsageReservation, of meter: MeterRepository.Known, limit: String?, in context: WriteContext
    ) async throws -> Bool {
        var batch = context.batch(resource: reservation.id)
        batch.add(Self.lock(reservation.tenant, meter.id))
        batch.add(
            Self.expiring, [.identifier(reservation.tenant), .identifier(meter.id), .timestamp(context.now)])
        batch.add(
            Self.reserving,
            MeteredAmountRepository.values(reservation.tenant, [meter], at: context.now) + [
                .identifier(reservation.id), .text(reservation.feature), .numeric(reservation.quantity),
                .timestamp(reservation.expires), .optional(meter.allowsOverage ? nil : limit) { .numeric($0) },
            ])
        let check = batch.add(Self.requiring, [.identifier(reservation.id)])
        do {
            _ = try await pool.run(batch)
            return true
        } catch {
            guard error.isGuardViolation, error.statementIndex == check else { throw error }
            return false
        }
    }

    private static func lock(_ tenant: Identifier, _ meter: Identifier) -> BoundStatement {
        BoundStatement(locking, [.text("usage limit \(tenant) \(meter)")])
    }

    private static let locking: PostgresStatement = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"

    /// What has expired is given back for good before it is given to somebody else. Otherwise a use of it that has waited for the lock, or
    /// came to a node whose clock is behind, would count as well.
    private static let expiring: PostgresStatement = """
        UPDATE main.usage_reservations SET is_released = true
        WHERE tenant_id = $1 AND meter_id = $2 AND used IS NULL AND NOT is_released AND expires_on <= $3
        """

    private static let reserving = PostgresStatement(
        """
        INSERT INTO main.usage_reservations (id, tenant_id, meter_id, feature_key, quantity, created_on, expires_on)
        SELECT $7, $1, number.id, $8, $9::numeric, $6, $10 FROM (\(MeteredAmountRepository.numbers)) AS number
        WHERE $11::numeric IS NULL OR number.used + number.reserved + $9::numeric <= $11::numeric
        """)

    private static let requiring: PostgresStatement =
        "SELECT 1 / count(*) FROM main.usage_reservations WHERE id = $1"

    /// A reservation of a tenant.
    func find(_ id: Identifier, of tenant: Identifier, in scope: TenantScope) async throws -> UsageReservation? {
        let result = try await pool.query(
            Self.finding, [.identifier(id), .identifier(tenant)], settings: scope.settings, as: .read)
        return try result.first.map { row in
            UsageReservation(
                id: id, tenant: tenant, meter: try row.identifier(0), feature: try row.text(1),
                quantity: UsageQuantity.trimmed(try row.numericText(2)),
                used: try row.numericTextIfPresent(3).map(UsageQuantity.trimmed), isReleased: try row.bool(4),
                expires: try row.timestamp(5))
        }
    }

    private static let finding: PostgresStatement = """
        SELECT meter_id, feature_key, quantity, used, is_released, expires_on FROM main.usage_reservations
        WHERE id = $1 AND tenant_id = $2
        """

    /// Ends a valid reservation, and stores what was used of it in the same transaction.
    /// - Parameter used: Nil to release it.
    /// - Returns: False when it is no longer valid; then nothing was changed.
    func end(_ reservation: UsageReservation, used: String?, in context: WriteContext) async throws -> Bool {
        var batch = context.batch(resource: nil)
        batch.add(Self.lock(reservation.tenant, reservation.meter))
        let change = batch.add(
            Self.ending,
            [.identifier(reservation.id), .optional(used) { .numeric($0) }, .timestamp(context.now)])
        if let used, used != "0" {
            let event = UsageEvent(
                id: reservation.eventID, tenant: reservation.tenant, meter: "", at: context.now, quantity: used)
            let item = UsageEventRepository.Item(event: event, meter: reservation.meter)
            batch.add(contentsOf: UsageEventRepository.statements([item], at: context.now))
        }
        do {
            _ = try await pool.run(batch)
            return true
        } catch {
            guard error.isGuardViolation, error.statementIndex == change else { throw error }
            return false
        }
    }

    private static let ending: PostgresStatement = """
        WITH ended AS (
            UPDATE main.usage_reservations SET used = $2, is_released = ($2::numeric IS NULL)
            WHERE id = $1 AND used IS NULL AND NOT is_released AND expires_on > $3 RETURNING 1)
        SELECT 1 / count(*) FROM ended
        """
}
