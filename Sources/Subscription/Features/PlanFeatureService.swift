import Entities
import JSONCoding
import PostgresClient
import Primitives

/// The rules of plan features: a feature has one value in a plan, and all items of a request are stored or none.
struct PlanFeatureService: Sendable {
    let repository: PlanFeatureRepository

    private var pool: PostgresPool { repository.values.pool }

    /// Gives features values in a plan.
    /// - Parameter items: Bodies that have passed ``PlanFeature/newSchema``.
    /// - Throws: ``PlanFeatureError``; ``ValidationFailure`` when two items name the same feature.
    func add(_ items: [JSONObject], to plan: Identifier, in context: WriteContext) async throws -> [Record] {
        let scope = context.scope
        let features = try await features(of: items, in: scope)
        var statements: [BoundStatement] = []
        for (item, feature) in zip(items, features) {
            var values = try FieldValues(FeatureValue.entity, json: item)
            values[FeatureValue.featureKey] = feature?.description
            values[FeatureValue.strategyKey] = Strategy.plan
            values[FeatureValue.strategyEntityID] = plan
            statements.append(try repository.values.insertStatement(values, in: scope))
        }
        return try await write(statements, features.compactMap { $0 }, of: plan, in: context)
    }

    /// Changes values of a plan.
    /// - Parameter items: Bodies that have passed ``PlanFeature/changeSchema``.
    /// - Throws: ``PlanFeatureError``; ``ValidationFailure`` when two items name the same value.
    func change(_ items: [JSONObject], of plan: Identifier, in context: WriteContext) async throws -> [Record] {
        let scope = context.scope
        let ids = items.compactMap { $0.value(of: Entity.id) }
        try Self.requireUnique(ids, Entity.id, "names the same value")
        let known = Set(try await repository.values(ids, of: plan, in: scope).map { try $0.id })
        for (index, id) in ids.enumerated() where !known.contains(id) {
            try await requirePlan(plan, in: scope)
            throw PlanFeatureError.valueNotFound(item: index, id)
        }
        let features = try await features(of: items, in: scope)
        var statements: [BoundStatement] = []
        for (index, id) in ids.enumerated() {
            var changes = try FieldValues(FeatureValue.entity, json: items[index])
            changes.remove(FeatureValue.featureKey)
            changes.remove(FeatureValue.strategyKey)
            changes.remove(FeatureValue.strategyEntityID)
            if let feature = features[index] { changes[FeatureValue.featureKey] = feature.description }
            changes.identifier = nil
            statements.append(try repository.values.updateStatement(id, changes, in: scope, isGuarded: true))
        }
        return try await write(statements, features.compactMap { $0 }, of: plan, in: context)
    }

    /// The values that a plan has for the features that items name.
    func values(
        named items: [JSONObject], of plan: Identifier, in scope: TenantScope
    ) async throws -> RecordList {
        try await repository.values(
            forFeatures: try await features(of: items, in: scope).compactMap { $0 }, of: plan, in: scope)
    }

    /// Runs statements under the plan's lock.
    private func write(
        _ statements: [BoundStatement], _ features: [Identifier], of plan: Identifier, in context: WriteContext
    ) async throws -> [Record] {
        // The answer is found again by the plan and the features that the request names.
        var batch = context.batch(resource: nil)
        let lock = batch.add(PlanFeatureRepository.lock(plan))
        let written = statements.map { batch.add($0) }
        let check = batch.add(PlanFeatureRepository.unique(features, of: plan))
        do throws(PostgresError) {
            let results = try await pool.run(batch)
            return written.compactMap { results[$0].first.map(repository.values.record) }
        } catch {
            let isRefused = error.isGuardViolation
            switch error.statementIndex {
            case lock? where isRefused: throw PlanFeatureError.planNotFound
            case check? where isRefused: throw PlanFeatureError.valueExists
            case let index? where isRefused && written.contains(index): throw PlanFeatureError.planNotFound
            case let index? where written.contains(index):
                throw RepositoryError.from(error, entity: FeatureValue.entity)
            default: throw error
            }
        }
    }

    private func requirePlan(_ plan: Identifier, in scope: TenantScope) async throws {
        do {
            _ = try await repository.plans.findByID(plan, in: scope)
        } catch RepositoryError.notFound {
            throw PlanFeatureError.planNotFound
        }
    }

    // MARK: Features

    /// The ids of the features that items name by key or by id; nil for items that name none.
    private func features(of items: [JSONObject], in scope: TenantScope) async throws -> [Identifier?] {
        let names = items.map { $0.value(of: FeatureValue.featureKey) }
        guard names.contains(where: { $0 != nil }) else { return names.map { _ in nil } }
        var ids: [ExactText: Identifier] = [:]
        // A feature whose key looks like another one's id comes after that one.
        let found = try await repository.features(named: Set(names.compactMap { $0.map { ExactText($0) } }), in: scope)
        for feature in found { ids[ExactText(try feature[Feature.key])] = try feature.id }
        for feature in found { ids[ExactText(try feature.id.description)] = try feature.id }
        var features: [Identifier?] = []
        for (index, name) in names.enumerated() {
            guard let name else {
                features.append(nil)
                continue
            }
            guard let id = ids[ExactText(name)] ?? Identifier(name).flatMap({ ids[ExactText($0.description)] }) else {
                throw PlanFeatureError.featureNotFound(item: index, name: name)
            }
            features.append(id)
        }
        try Self.requireUnique(features, FeatureValue.featureKey, "names the same feature")
        return features
    }

    private static func requireUnique(
        _ ids: [Identifier?], _ field: some EntityField, _ what: String
    ) throws(ValidationFailure) {
        var seen: [Identifier: Int] = [:]
        for (index, id) in ids.enumerated() {
            guard let id else { continue }
            if let earlier = seen.updateValue(index, forKey: id) {
                throw .invalidField("/\(index)\(field.path)", code: "uniqueItems", "\(what) as item \(earlier)")
            }
        }
    }
}
