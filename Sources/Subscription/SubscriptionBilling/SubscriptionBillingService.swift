import Billing
import BillingPreview
import Entities
import JSONCoding
import MessageBus
import PostgresClient
import Primitives

/// The rules of subscriptions that the engine bills: whatever changes one settles it, in one transaction: what is due and was not
/// issued is issued, and the rows say how it stands. The API's actions and the renewals come here alike.
struct SubscriptionBillingService: Sendable {
    let subscriptions: SubscriptionRepository
    let repository: SubscriptionBillingRepository
    let issuer: InvoiceIssuer
    let summaries: PlanSummaryRepository
    let metering: SubscriptionMetering
    let zones: InstalledZoneLookup
    /// Live subscriptions that a tenant may have.
    let quota: Int

    var pool: PostgresPool { subscriptions.entities.pool }

    /// What was done for a subscription.
    struct Issued: Sendable {
        /// The ids of the invoices, in their order.
        let invoices: [Identifier]
        let status: TenantSubscription.Status
        let nextDue: Timestamp?
    }

    /// Issues what is due of a subscription and was not issued, and ends or pauses it if that is due. Doing it again has no effect.
    /// - Parameter context: At the time that the tenant lives on.
    /// - Returns: nil if the engine does not bill it, or there is no such subscription.
    /// - Throws: ``ScenarioRefusal`` if it cannot be billed, ``SubscriptionError/quotaExceeded(_:)`` if something that was scheduled
    ///   would take a place that is not there; then nothing was changed.
    func issueDue(_ subscription: Identifier, in context: WriteContext) async throws -> Issued? {
        try await context.withTransaction(on: pool, resource: subscription) { transaction in
            guard let billed = try await lock(subscription, in: context, transaction) else {
                _ = try await transaction.query(repository.rest(subscription))
                return nil
            }
            guard billed.rows.status == .active || billed.rows.status == .inactive else {
                _ = try await transaction.query(repository.rest(subscription))
                return Issued(invoices: [], status: billed.rows.status, nextDue: nil)
            }
            let complete = try await metering.complete(billed, isClosing: true, transaction)
            let standing = try complete.standing()
            let settled = try await settle(complete, standing, in: context, transaction)
            return Issued(invoices: settled.invoices, status: standing.status, nextDue: standing.nextDue)
        }
    }

    /// Reads a subscription and locks it until the end of the transaction; nil if the engine does not bill it, or there is no such
    /// subscription.
    func lock(
        _ subscription: Identifier, in context: WriteContext, _ transaction: PostgresTransaction
    ) async throws -> BilledSubscription? {
        guard let row = try await subscriptions.read(subscription, in: context.scope, transaction, isLocked: true)
        else {
            return nil
        }
        return try await read(row, in: context, transaction, isLocked: true)
    }

    /// Reads how a subscription is billed; nil if the engine does not bill it.
    /// - Throws: `RepositoryError.contention` if a later day was settled already, because the caller has waited for it over midnight, or
    ///   another node's clock is ahead: what happens on a day that is over would be billed wrong.
    func read(
        _ row: Record, in context: WriteContext, _ transaction: PostgresTransaction, isLocked: Bool
    ) async throws -> BilledSubscription? {
        guard let stored = try await repository.read(try row.id, transaction, isLocked: isLocked) else { return nil }
        let billed = try BilledSubscription(
            SubscriptionStanding.Rows(row, at: context.now), stored.billing, nextPosition: stored.nextPosition,
            at: context.now, in: zones)
        if let settledOn = stored.settledOn, billed.today < settledOn { throw RepositoryError.contention }
        return billed
    }

    /// What a settlement has stored.
    struct Settled: Sendable {
        let row: Record
        let invoices: [Identifier]
    }

    /// Stores how a subscription stands.
    /// - Parameter noteTerms: What was said about the credit notes that are issued now.
    /// - Throws: ``SubscriptionError/quotaExceeded(_:)`` if it would take a place that is not there.
    func settle(
        _ billed: BilledSubscription, _ standing: SubscriptionStanding, cause: SubscriptionEvent.Cause = .calendar,
        alongside more: [BoundStatement] = [], noteTerms: InvoiceIssuer.NoteTerms? = nil, in context: WriteContext,
        _ transaction: PostgresTransaction
    ) async throws -> Settled {
        let (takesPlace, change) = (Self.takesPlace(billed, standing), Self.change(billed, standing, cause))
        // Most renewals only issue an invoice, and need to know nothing of the plan.
        let plan =
            takesPlace || change != nil
            ? try await summaries.summaries(of: [standing.plan], in: transaction)[standing.plan] : nil
        if takesPlace { try await reserve(billed, standing, plan, in: context, transaction) }
        let settlement = SubscriptionSettlement(
            subscriptions: subscriptions.entities, repository: repository, issuer: issuer, context: context,
            noteTerms: noteTerms)
        var statements = try settlement.statements(billed, standing)
        statements.batch.add(contentsOf: more)
        let results: [PostgresResult]
        do {
            results = try await transaction.run(statements.batch)
        } catch {
            throw RepositoryError.from(error, entity: nil)
        }
        guard let changed = results[statements.row].first else { throw RepositoryError.unexpected(sqlState: nil) }
        let row = subscriptions.entities.record(changed)
        if let change {
            let event = SubscriptionEvent(
                subscription: try row.members(), tenant: billed.billing.tenant,
                plan: plan ?? PlanSummary(unknown: standing.plan), instant: context.now, trace: context.trace)
            var batch = PostgresBatch()
            batch.add(try event.envelope(EventType.subscriptionChanged, cause: cause))
            if change.activates { batch.add(try event.envelope(EventType.subscriptionActivated)) }
            _ = try await transaction.run(batch)
        }
        return Settled(row: row, invoices: statements.invoices)
    }

    /// Whether it becomes live or goes to another plan.
    private static func takesPlace(_ billed: BilledSubscription, _ standing: SubscriptionStanding) -> Bool {
        standing.status.mayBeLive && (!billed.rows.isLive || standing.plan != billed.rows.plan)
    }

    /// Takes a place of the tenant's quota, under a lock.
    private func reserve(
        _ billed: BilledSubscription, _ standing: SubscriptionStanding, _ plan: PlanSummary?,
        in context: WriteContext, _ transaction: PostgresTransaction
    ) async throws {
        let quota = SubscriptionQuota(general: quota, plan: plan?.tenantLimit)
        do {
            _ = try await transaction.query(
                quota.reservation(
                    tenant: billed.billing.tenant, plan: standing.plan, on: CalendarDate(of: context.now),
                    changing: billed.billing.subscription))
        } catch {
            throw SubscriptionQuota.isExhausted(error) ? SubscriptionError.quotaExceeded(quota) : error as any Error
        }
    }

    /// What is announced beside invoices; nil: nothing.
    private static func change(
        _ billed: BilledSubscription, _ standing: SubscriptionStanding, _ cause: SubscriptionEvent.Cause
    ) -> Announcement? {
        let activates = standing.status == .active && billed.rows.status != .active
        let isChanged = standing.status != billed.rows.status || standing.plan != billed.rows.plan
        return activates || isChanged || cause != .calendar ? Announcement(activates: activates) : nil
    }

    /// A subscription has changed.
    private struct Announcement {
        /// It has become active, which is announced, too.
        let activates: Bool
    }
}
