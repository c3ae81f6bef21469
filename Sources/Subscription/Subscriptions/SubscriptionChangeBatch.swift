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
    let context: WriteContext

    private var batch = PostgresBatch()
    /// The quotas of the statements that take a place.
    private var quotas: [Int: SubscriptionQuota] = [:]
    private var backing = InvoiceBacking.Check()
    /// The statement that checks the new subscriber.
    private var admission: Int?
    private var events: [(tenant: Identifier, envelope: EventEnvelope)] = []

    init(
        entities: EntityRepository, values: FieldValues, plans: [Identifier: PlanSummary], quota: Int,
        context: WriteContext
    ) {
        self.entities = entities
        self.values = values
        self.plans = plans
        self.quota = quota
        self.context = context
    }

    /// Checks the invoice that the change names, if it is another one than before.
    /// - Throws: ``SubscriptionError/invoiceInUse`` for several subscriptions; `.planNotFound`, `.invoiceMismatch`.
    mutating func back(_ changes: [SubscriptionTransition]) throws(SubscriptionError) {
        let backed = changes.filter { $0.newInvoice != nil }
        guard let change = backed.first, let invoice = change.newInvoice else { return }
        guard changes.count == 1 else { throw .invoiceInUse }
        guard let plan = plans[change.plan] else { throw .planNotFound }
        guard let price = plan.price else { throw .invoiceMismatch("is for a plan whose price cannot be billed") }
        backing = InvoiceBacking(
            invoice: invoice, subscription: change.id, subscriber: change.subscriber, plan: change.plan, price: price
        ).check(in: &batch)
    }

    /// Checks that the tenant to which subscriptions are moved, if they are, may subscribe.
    mutating func admit(_ changes: [SubscriptionTransition]) {
        // A change names one subscriber for all its rows.
        guard let moved = changes.first(where: \.isMoved) else { return }
        admission = batch.add(KnownTenants.admitting(moved.subscriber))
    }

    /// Changes a row, which fills its place before the next one is counted.
    /// - Returns: The index of the result that holds the changed row.
    mutating func change(_ change: SubscriptionTransition) throws -> Int {
        if change.needsPlace {
            let quota = SubscriptionQuota(general: quota, plan: plans[change.plan]?.tenantLimit)
            let reservation = quota.reservation(
                tenant: change.subscriber, plan: change.plan, on: CalendarDate(of: context.now), changing: change.id)
            quotas[batch.add(reservation)] = quota
        }
        let update = batch.add(try entities.updateStatement(change.id, values, in: context.scope))
        try appendEvent(for: change)
        return update
    }

    /// Changes rows that need no place, in one statement.
    mutating func changeTogether(_ changes: [SubscriptionTransition]) throws {
        guard !changes.isEmpty else { return }
        let ids = changes.map(\.id)
        batch.add(try entities.updateAllStatement(values, where: .oneOf(Entity.id, ids), in: context.scope))
        for change in changes { try appendEvent(for: change) }
    }

    private mutating func appendEvent(for change: SubscriptionTransition) throws {
        guard change.activates else { return }
        let event = SubscriptionEvent(
            subscription: change.result, tenant: change.subscriber,
            plan: plans[change.plan] ?? PlanSummary(unknown: change.plan), instant: context.now,
            trace: context.trace)
        events.append((change.subscriber, try event.envelope(EventType.subscriptionActivated)))
    }

    /// Does all of it.
    /// - Throws: ``SubscriptionError/quotaExceeded(_:)``, `.subscriberNotActive`; the reason why the invoice may not back the
    ///   subscription.
    func run(_ transaction: PostgresTransaction) async throws -> [PostgresResult] {
        // Events lock their tenant's lane. All come last and in one order, so that two changes wait for each other instead of
        // ending in a deadlock.
        var batch = self.batch
        for event in events.sorted(by: { $0.tenant < $1.tenant }) { batch.add(event.envelope) }
        do throws(PostgresError) {
            return try await transaction.run(batch)
        } catch {
            if let refusal = backing.refusal(for: error) { throw refusal }
            if let admission, error.statementIndex == admission, error.isGuardViolation {
                throw SubscriptionError.subscriberNotActive
            }
            if SubscriptionQuota.isExhausted(error), let quota = error.statementIndex.flatMap({ quotas[$0] }) {
                throw SubscriptionError.quotaExceeded(quota)
            }
            throw RepositoryError.from(error, entity: TenantSubscription.entity, values: values)
        }
    }
}
