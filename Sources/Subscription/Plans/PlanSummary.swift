import Entities
import JSONCoding
import PostgresClient
import Primitives

/// What events say of a plan (docs/contract/arc-api.md 9.3: `subscription.plan`): enough to provision a tenant for it.
struct PlanSummary: Sendable {
    /// The plan's own members among the summary's.
    static let members = ["id", "name", "tier", "size", "price", "metaData"]
    /// The member that holds the configuration of the plan's size.
    static let sizeConfiguration = "sizeConfig"

    /// The summary as JSON.
    let json: JSONValue

    /// A summary read by ``PlanSummaryRepository``.
    init(json: JSONValue) {
        self.json = json
    }

    /// The summary of a plan as the API shows it.
    init(plan: JSONObject, sizeConfiguration: JSONValue?) {
        var members = Self.members.map { ($0, plan[$0] ?? .null) }
        members.append((Self.sizeConfiguration, sizeConfiguration ?? .null))
        json = .object(JSONObject(members))
    }

    /// Live subscriptions to the plan that one tenant may have; nil: the general quota holds.
    var tenantLimit: Int? {
        json["metaData"]?[Plan.tenantLimitKey]?.intValue.flatMap { $0 >= 0 ? $0 : nil }
    }
}

/// SQL of plan summaries.
struct PlanSummaryRepository: Sendable {
    let pool: PostgresPool

    /// The configuration of a size; nil for an unknown size.
    func configuration(ofSize size: String) async throws -> JSONValue? {
        let result = try await pool.query(
            "SELECT config FROM main.plan_sizes WHERE size = $1 AND NOT deleted", [.text(size)],
            settings: TenantScope.everyTenant, as: .read)
        guard let row = result.first, let bytes = try row.jsonIfPresent(0) else { return nil }
        return try JSONValue.parse(stored: bytes)
    }

    /// The summaries of plans, including deleted ones, which may still have subscriptions.
    func summaries(
        of plans: Set<Identifier>, in transaction: PostgresTransaction
    ) async throws -> [Identifier: PlanSummary] {
        let result = try await transaction.query(Self.summaries, [.identifierArray(plans.sorted())])
        var summaries: [Identifier: PlanSummary] = [:]
        for row in result.rows {
            summaries[try row.identifier(0)] = PlanSummary(json: try JSONValue.parse(stored: try row.json(1)))
        }
        return summaries
    }

    private static let summaries: PostgresStatement = {
        let members = PlanSummary.members.compactMap { name in
            Plan.entity.field(named: name).map { "'\(name)', plan.\($0.column)" }
        }
        return PostgresStatement(
            """
            SELECT plan.id, json_build_object(\(members.joined(separator: ", ")), \
            '\(PlanSummary.sizeConfiguration)', size.config)
            FROM main.plans AS plan LEFT JOIN main.plan_sizes AS size ON size.size = plan.size AND NOT size.deleted
            WHERE plan.id = ANY($1)
            """)
    }()
}
