import Entities
import PostgresClient
import Primitives

/// SQL of the features of plans: values under the strategy `Plan`.
struct PlanFeatureRepository: Sendable {
    let plans: EntityRepository
    let features: EntityRepository
    let values: EntityRepository

    /// Values of one plan that are looked at.
    private static let maximumValues = 10_000

    /// A plan with everything that its features are made of.
    struct Contents: Sendable {
        let plan: Record
        /// By key.
        let features: RecordList
        /// Under any strategy, the oldest first.
        let values: RecordList
    }

    /// Reads a plan, all features, and the plan's values, in one round trip.
    /// - Parameter limit: How many features at most, the first ones by key; nil for all.
    /// - Returns: nil when there is no such plan.
    func contents(of plan: Identifier, limit: Int?, in scope: TenantScope) async throws -> Contents? {
        let selections = [
            try plans.selectByID(plan, in: scope),
            try features.selectStatement(
                Filter(fields: .only(PlanFeature.members), order: [Order(Feature.key)], limit: limit), in: scope),
            try values.selectStatement(
                Filter(
                    where: .equals(FeatureValue.strategyEntityID, plan), order: [Order(AuditBlock.createdOn)],
                    limit: Self.maximumValues), in: scope),
        ]
        var batch = PostgresBatch(settings: scope.settings)
        for selection in selections { batch.add(selection.statement) }
        let results = try await plans.pool.run(batch, as: .search)
        guard let plan = plans.records(results[0], selections[0].projection).first else { return nil }
        return Contents(
            plan: plan, features: features.records(results[1], selections[1].projection),
            values: values.records(results[2], selections[2].projection))
    }

    /// The features that some texts name by key or by id.
    func features(named names: Set<ExactText>, in scope: TenantScope) async throws -> RecordList {
        let texts = names.map(\.text)
        return try await features.find(
            Filter(
                where: .any([
                    .oneOf(Feature.key, texts), .oneOf(Entity.id, texts.compactMap { Identifier($0) }),
                ])), in: scope)
    }

    /// The values of a plan, under the strategy `Plan`, among the given ids.
    func values(_ ids: [Identifier], of plan: Identifier, in scope: TenantScope) async throws -> RecordList {
        try await values.find(
            Filter(
                where: .all([
                    .oneOf(Entity.id, ids), .equals(FeatureValue.strategyEntityID, plan),
                    .equals(FeatureValue.strategyKey, Strategy.plan),
                ])), in: scope)
    }

    /// The values that a plan gives some features, under the strategy `Plan`.
    func values(
        forFeatures features: [Identifier], of plan: Identifier, in scope: TenantScope
    ) async throws -> RecordList {
        try await values.find(
            Filter(
                where: .all([
                    .equals(FeatureValue.strategyEntityID, plan), .equals(FeatureValue.strategyKey, Strategy.plan),
                    .oneOf(FeatureValue.featureKey, features.map(\.description)),
                ]), limit: Self.maximumValues), in: scope)
    }

    /// The statement that locks a plan against other changes of its features; it fails when there is no such plan.
    static func lock(_ plan: Identifier) -> BoundStatement { BoundStatement(locking, [.identifier(plan)]) }

    private static let locking: PostgresStatement = """
        WITH plan AS (SELECT id FROM main.plans WHERE id = $1 AND NOT deleted FOR NO KEY UPDATE)
        SELECT 1 / count(*) FROM plan
        """

    /// The statement that fails when the plan has more than one value for one of the features. Exact under the lock.
    static func unique(_ features: [Identifier], of plan: Identifier) -> BoundStatement {
        BoundStatement(checking, [.identifier(plan), .identifierArray(features)])
    }

    private static let checking: PostgresStatement = """
        SELECT 1 / (1 - count(*)) FROM (
            SELECT feature.id FROM main.feature_values AS value
                JOIN main.features AS feature ON value.feature_key IN (feature.id::text, feature.key)
            WHERE value.strategy_entity_id = $1 AND value.strategy_key = 'Plan' AND NOT value.deleted
                AND feature.id = ANY($2) AND NOT feature.deleted
            GROUP BY feature.id HAVING count(*) > 1 LIMIT 1
        ) AS twice
        """
}
