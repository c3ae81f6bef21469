import Billing
import Entities
import PostgresClient

/// SQL of the decimals that plans' prices have.
struct PlanPriceRepository: Sendable {
    let plans: EntityRepository
    let currencies: EntityRepository

    /// The most decimals of plans' prices in a currency.
    struct Decimals: Sendable, Hashable {
        /// Code of the currency.
        let currency: String
        /// 0 for whole amounts.
        let count: Int
    }

    /// The decimals of the plans that match, by currency.
    func decimals(ofPlans condition: Where, in scope: TenantScope) async throws -> [Decimals] {
        try await decimals("plan.id", in: plans, condition, scope)
    }

    /// The decimals of the plans in the currencies that match, by currency.
    func decimals(ofPlansIn condition: Where, in scope: TenantScope) async throws -> [Decimals] {
        try await decimals("plan.currency_id", in: currencies, condition, scope)
    }

    /// Whether a version counts on a day of one of the plans that match and whose row has another price.
    func isVersioned(
        _ condition: Where, unlike price: String, on day: CalendarDate, in scope: TenantScope
    ) async throws -> Bool {
        let filter = Filter(where: condition, fields: .only(Entity.id))
        let affected = try plans.selectStatement(filter, in: scope).statement
        let next = affected.values.count + 1
        let statement = PostgresStatement(
            """
            SELECT 1 FROM main.plans AS plan
            WHERE plan.id IN (SELECT affected.id FROM (\(affected.sql)) AS affected) AND NOT plan.deleted
                AND plan.price IS DISTINCT FROM $\(next)::text::numeric AND EXISTS (
                    SELECT FROM main.plan_versions AS version
                    WHERE version.plan_id = plan.id AND version.state = 'scheduled'
                        AND version.effective_on <= $\(next + 1)::text AND NOT version.deleted)
            LIMIT 1
            """, prepared: false)
        let values = affected.values + [.text(price), .text(day.description)]
        let result = try await plans.pool.query(
            statement, values, settings: scope.settings, as: condition.workload)
        return result.first != nil
    }

    private func decimals(
        _ column: String, in repository: EntityRepository, _ condition: Where, _ scope: TenantScope
    ) async throws -> [Decimals] {
        let filter = Filter(where: condition, fields: .only(Entity.id))
        let affected = try repository.selectStatement(filter, in: scope).statement
        let statement = PostgresStatement(
            """
            SELECT currency.currency_code, coalesce(max(scale(trim_scale(plan.price))), 0)::integer
            FROM main.plans AS plan JOIN main.currencies AS currency ON currency.id = plan.currency_id
            WHERE \(column) IN (SELECT affected.id FROM (\(affected.sql)) AS affected) AND NOT plan.deleted
            GROUP BY currency.currency_code
            """, prepared: false)
        let result = try await plans.pool.query(
            statement, affected.values, settings: scope.settings, as: condition.workload)
        return try result.rows.map { Decimals(currency: try $0.text(0), count: try $0.int(1)) }
    }
}
