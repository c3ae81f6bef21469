import Billing
import Entities
import JSONCoding
import MessageBus
import PostgresClient
import Primitives

/// Changes of rows that are locked, and what goes with them, for one round trip.
struct SubscriptionChangeBatch {
    let entities: EntityRepository
    /// What changes.
    let values: FieldValues
    /// Of the plans that changes need.
    let plans: [Identifier: PlanSummary]
    /// Live subscriptions that a tenant may have.
    let quota: Int
    let instant: Timestamp
    let scope: TenantScope
    let traceparent: String?

    private var batch = PostgresBatch()
    /// The quotas of the statements that take a place.
    private var quotas: [Int: SubscriptionQuota] = [:]

    init(
        entities: EntityRepository, values: FieldValues, plans: [Identifier: PlanSummary], quota: Int,
        instant: Timestamp, scope: TenantScope, traceparent: String?
    ) {
        self.entities = entities
        self.values = values
        self.plans = plans
        self.quota = quota
        self.instant = instant
        self.scope = scope
        self.traceparent = traceparent
    }

    /// Changes a row, which fills its place before the next one is counted.
    /// - Returns: The index of the result that holds the changed row.
    mutating func change(_ change: SubscriptionTransition) throws -> Int {
        if change.needsPlace {
            let quota = SubscriptionQuota(general: quota, plan: plans[change.plan]?.tenantLimit)
            let reservation = quota.reservation(
                tenant: change.subscriber, plan: change.plan, on: CalendarDate(of: instant), changing: change.id)
            quotas[batch.add(reservation)] = quota
        }
        let update = batch.add(try entities.updateStatement(change.id, values, in: scope))
        try tell(change)
        return update
    }

    /// Changes rows that need no place, in one statement.
    mutating func changeTogether(_ changes: [SubscriptionTransition]) throws {
        guard !changes.isEmpty else { return }
        let ids = changes.map { PostgresValue.identifier($0.id) }
        batch.add(try entities.updateAllStatement(values, where: .oneOf("id", ids), in: scope))
        for change in changes { try tell(change) }
    }

    private mutating func tell(_ change: SubscriptionTransition) throws {
        guard change.activates else { return }
        let event = SubscriptionEvent(
            subscription: change.result, tenant: change.subscriber,
            plan: plans[change.plan] ?? PlanSummary(json: ["id": .identifier(change.plan)]), instant: instant,
            traceparent: traceparent)
        batch.add(try event.envelope(EventType.subscriptionActivated))
    }

    /// Does all of it.
    /// - Throws: 409 when a place was needed and none was left.
    func run(_ transaction: PostgresTransaction) async throws -> [PostgresResult] {
        do throws(PostgresError) {
            return try await transaction.run(batch)
        } catch {
            if SubscriptionQuota.isExhausted(error), let quota = error.statementIndex.flatMap({ quotas[$0] }) {
                throw quota.failure
            }
            throw RepositoryError.from(error, entity: TenantSubscription.entity, values: values)
        }
    }
}
