import Entities
import JSONCoding
import MessageBus
import PostgresClient
import Primitives
import ServiceKit

/// Changes that may make subscriptions live: they take places of the tenant's quota, and others are told.
extension SubscriptionLifecycle {
    /// Whether a change has to come here; all others are plain updates.
    static func concerns(_ body: JSONObject) -> Bool {
        body["status"]?.intValue.flatMap { TenantSubscription.Status(rawValue: $0) }?.isLive ?? false
    }

    /// Changes rows. `SUBSCRIPTION_ACTIVATED` is published, in the same transaction, for each that becomes ACTIVE and
    /// was not: the rows are locked before their status is looked at, so that of two who activate one it is told once.
    /// - Parameter body: Members to change, checked against the entity's schema.
    /// - Returns: The changed rows.
    /// - Throws: 412 when the row of an id is not at a version that the request names; 404 when the row of an id is not there; 409 when a row that was over needs a place and none is left.
    func change(
        _ target: SubscriptionRepository.Target, _ body: JSONObject, in scope: TenantScope,
        for request: OperationRequest
    ) async throws -> [Record] {
        let condition = if case .id = target { try request.versionCondition() } else { VersionCondition?.none }
        let changes = try FieldValues(TenantSubscription.entity, json: body)
        return try await pool.withTransaction(settings: scope.settings) { transaction in
            let rows = try await subscriptions.lock(target, in: scope, transaction)
            if rows.isEmpty, case .id(let id) = target {
                throw RepositoryError.notFound(
                    entity: TenantSubscription.entity.name, table: TenantSubscription.entity.table,
                    id: id.description)
            }
            if let condition, let version = try rows.first?.version, !condition.allows(version) {
                throw RepositoryError.versionMismatch(current: version)
            }
            let transitions = try rows.map { try Transition($0, body) }.sorted { $0.subscriber < $1.subscriber }
            let plans = Set(transitions.filter(\.needsPlan).map(\.plan))
            let summaries =
                plans.isEmpty ? [:] : try await self.summaries.summaries(of: plans, in: transaction)

            var batch = PostgresBatch()
            var quotas: [Int: SubscriptionQuota] = [:]
            var updates: [Int] = []
            // Each place is filled before the next one is counted.
            for transition in transitions {
                if transition.needsPlace {
                    let quota = SubscriptionQuota(general: quota, plan: summaries[transition.plan]?.tenantLimit)
                    quotas[batch.append(quota.reservation(tenant: transition.subscriber, plan: transition.plan))] =
                        quota
                }
                updates.append(
                    batch.append(try subscriptions.entities.updateStatement(transition.id, changes, in: scope)))
            }
            for transition in transitions where transition.activates {
                let event = SubscriptionEvent(
                    subscription: transition.result, tenant: transition.subscriber,
                    plan: summaries[transition.plan] ?? PlanSummary(json: ["id": .identifier(transition.plan)]),
                    instant: clock.now(), traceparent: request.traceparent)
                batch.add(try event.envelope(EventType.subscriptionActivated))
            }
            guard batch.count > 0 else { return [] }
            do throws(PostgresError) {
                let results = try await transaction.run(batch)
                return updates.compactMap { results[$0].first.map(subscriptions.entities.record) }
            } catch {
                if SubscriptionQuota.isExhausted(error), let quota = error.statementIndex.flatMap({ quotas[$0] }) {
                    throw quota.failure
                }
                throw RepositoryError.from(error, entity: TenantSubscription.entity)
            }
        }
    }

    /// Takes the deletion of a subscription back. One that is live takes a place of its tenant's quota again; nobody is
    /// told, as it was told when it became active.
    /// - Throws: 404 when no deleted row has the id; 409 when no place is left.
    func restore(_ id: Identifier, in scope: TenantScope, for request: OperationRequest) async throws -> Record {
        do throws(RepositoryError) {
            return try await subscriptions.entities.restoreById(
                id, in: scope,
                alongside: [subscriptions.reserveAgain(id, general: quota)] + request.alongside(resource: id))
        } catch {
            guard case .unexpected(sqlState: SubscriptionQuota.exhausted) = error else { throw error }
            throw SubscriptionQuota(general: quota, plan: nil).failure
        }
    }

    /// What a change does to a row.
    private struct Transition {
        let id: Identifier
        /// The row as it will be.
        let result: JSONObject
        let subscriber: Identifier
        let plan: Identifier
        /// It takes a place that it did not have.
        let needsPlace: Bool
        /// It becomes ACTIVE and was not.
        let activates: Bool

        var needsPlan: Bool { needsPlace || activates }

        init(_ row: Record, _ body: JSONObject) throws {
            id = try row.id
            var result = try JSONValue.parse(row.json).objectValue ?? [:]
            // What the server sets is not the body's to change.
            let changeable = TenantSubscription.entity.fields.filter { $0.access == .readWrite }.map(\.name)
            for name in changeable { if let value = body[name] { result[name] = value } }
            self.result = result
            let subscriber = try row.identifier("subscriberId")
            self.subscriber = result["subscriberId"]?.stringValue.flatMap { Identifier($0) } ?? subscriber
            let plan = try row.identifier("planId")
            self.plan = result["planId"]?.stringValue.flatMap { Identifier($0) } ?? plan
            let before = TenantSubscription.Status(rawValue: try row.integer("status"))
            let after = result["status"]?.intValue.flatMap { TenantSubscription.Status(rawValue: $0) }
            needsPlace = after?.isLive == true && before?.isLive != true
            activates = after == .active && before != .active
        }
    }
}
