import Entities
import JSONCoding
import PostgresClient
import Primitives

/// SQL of plan summaries.
struct PlanSummaryRepository: Sendable {
    let pool: PostgresPool

    /// The configuration of a size; nil for an unknown size.
    func configuration(ofSize size: String) async throws -> JSONValue? {
        let result = try await pool.query(
            "SELECT config FROM main.plan_sizes WHERE size = $1 AND NOT deleted", [.text(size)],
            settings: TenantScope.everyTenant, as: .read)
        return try result.first.flatMap { try $0.storedJSON(0) }
    }

    /// The summaries of plans, including deleted ones, which may still have subscriptions.
    func summaries(
        of plans: Set<Identifier>, in transaction: PostgresTransaction
    ) async throws -> [Identifier: PlanSummary] {
        let result = try await transaction.query(Self.summaries, [.identifierArray(plans.sorted())])
        var summaries: [Identifier: PlanSummary] = [:]
        for row in result.rows {
            let id = try row.identifier(0)
            let price = try row.numericTextIfPresent(4).flatMap { JSONNumber(literal: $0) }
            var plan = JSONObject()
            plan[Entity.id] = .identifier(id)
            plan[Plan.name] = .string(try row.text(1))
            plan[Plan.tier] = .string(try row.text(2))
            plan[Plan.size] = try row.textIfPresent(3).map { .string($0) }
            plan[Plan.price] = price.map { .number($0) }
            plan[Plan.metaData] = try row.storedJSON(5)
            summaries[id] = PlanSummary(
                plan: plan, currency: try row.textIfPresent(7), sizeConfiguration: try row.storedJSON(6))
        }
        return summaries
    }

    private static let summaries: PostgresStatement = """
        SELECT plan.id, plan.name, plan.tier, plan.size, plan.price, plan.meta_data, size.config, currency.currency_code
        FROM main.plans AS plan
            LEFT JOIN main.currencies AS currency ON currency.id = plan.currency_id
            LEFT JOIN main.plan_sizes AS size ON size.size = plan.size AND NOT size.deleted
        WHERE plan.id = ANY($1)
        """
}

extension PostgresRow {
    /// The value of a `jsonb`; nil for NULL.
    fileprivate func storedJSON(_ column: Int) throws -> JSONValue? {
        try jsonIfPresent(column).map { try JSONValue.parse(stored: $0) }
    }
}
