import Billing
import Entities
import JSONCoding
import PostgresClient
import Primitives

/// SQL of versions of plans.
struct PlanVersionRepository: Sendable {
    let versions: EntityRepository

    private var pool: PostgresPool { versions.pool }

    /// A version as subscriptions need it.
    struct Priced: Sendable {
        let id: Identifier
        let number: Int
        let rowVersion: Int64
        let effectiveOn: String
        /// As the API shows them.
        let prices: JSONValue
    }

    /// The version of a plan that is in effect on a day; nil if none is yet, so that the row of the plan applies.
    func effective(_ plan: Identifier, on day: CalendarDate) async throws -> Priced? {
        let result = try await pool.query(
            Self.counting, [.identifier(plan), .text(day.description)], settings: TenantScope.everyTenant, as: .read)
        return try result.first.map { row in
            Priced(
                id: try row.identifier(0), number: try row.int(1), rowVersion: try row.int64(2),
                effectiveOn: try row.text(3), prices: try JSONValue.parse(stored: row.json(4)))
        }
    }

    private static let counting = PostgresStatement(
        """
        SELECT id, number, row_version, effective_on, prices FROM main.plan_versions
        WHERE plan_id = $1 AND state = 'scheduled' AND effective_on <= $2 AND NOT deleted
        ORDER BY effective_on DESC LIMIT 1
        """)

    /// Locks a plan, so that its versions are numbered one after the other, and returns the number of the next one.
    /// - Returns: Nil if there is no such plan.
    func nextNumber(
        of plan: Identifier, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> Int? {
        guard try await transaction.query(Self.locking, [.identifier(plan)]).first != nil else { return nil }
        return try await transaction.query(Self.numbering, [.identifier(plan)]).first?.int(0)
    }

    private static let locking: PostgresStatement =
        "SELECT id FROM main.plans WHERE id = $1 AND NOT deleted FOR NO KEY UPDATE"

    private static let numbering: PostgresStatement =
        "SELECT coalesce(max(number), 0) + 1 FROM main.plan_versions WHERE plan_id = $1"

    /// What decides whether a version can be changed.
    struct Standing: Sendable {
        let state: PlanVersion.State
        let effectiveOn: String?
        let rowVersion: Int64
    }

    /// Locks a version of a plan; nil if there is none.
    func lock(
        _ id: Identifier, of plan: Identifier, _ transaction: PostgresTransaction
    ) async throws -> Standing? {
        guard let row = try await transaction.query(Self.lockingVersion, [.identifier(id), .identifier(plan)]).first,
            let state = PlanVersion.State(rawValue: try row.text(0))
        else { return nil }
        return Standing(state: state, effectiveOn: try row.textIfPresent(1), rowVersion: try row.int64(2))
    }

    private static let lockingVersion: PostgresStatement = """
        SELECT state::text, effective_on::text, row_version FROM main.plan_versions
        WHERE id = $1 AND plan_id = $2 AND NOT deleted
            AND EXISTS (SELECT FROM main.plans WHERE plans.id = plan_id AND NOT plans.deleted)
        FOR UPDATE
        """

    /// Whether there is a plan that is not deleted.
    func hasPlan(_ plan: Identifier) async throws -> Bool {
        try await pool.query(
            Self.findingPlan, [.identifier(plan)], settings: TenantScope.everyTenant, as: .read
        ).first != nil
    }

    private static let findingPlan: PostgresStatement = "SELECT 1 FROM main.plans WHERE id = $1 AND NOT deleted"
}
