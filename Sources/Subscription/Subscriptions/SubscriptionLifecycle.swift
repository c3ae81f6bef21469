import Billing
import Entities
import JSONCoding
import MessageBus
import PostgresClient
import Primitives

/// The rules of subscribing: what a subscription costs, how many a tenant may have, and which events are published.
struct SubscriptionLifecycle: Sendable {
    let subscriptions: SubscriptionRepository
    let invoices: InvoiceRepository
    let terms: PlanTermsReader
    let summaries: PlanSummaryRepository
    /// Live subscriptions that a tenant may have.
    let quota: Int
    let admission: TenantAdmission
    /// Subscribes to what the engine bills; nil when the terms are no longer the plan's.
    let start: @Sendable (NewSubscription, PlanTerms, WriteContext) async throws -> Record?
    /// The same write at the time that a tenant lives on.
    let time: @Sendable (WriteContext, Identifier) async throws -> WriteContext
    /// The first day of a new subscription.
    let startDay: @Sendable (NewSubscription, WriteContext) async throws -> CalendarDate

    var pool: PostgresPool { subscriptions.entities.pool }

    /// Subscribes a tenant: subscription, draft invoice and events, all of them or nothing, in one round trip.
    /// - Throws: ``SubscriptionError``; `RepositoryError.relatedNotFound` for an invoice that does not exist.
    func create(_ new: NewSubscription, in context: WriteContext) async throws -> Record {
        try SubscriptionPolicy.check(new, in: context.scope)
        do {
            return try await createOnCurrentTerms(new, in: context)
        } catch let error as SubscriptionError {
            guard error == .subscriberNotActive else { throw error }
            // Perhaps the tenant was created a moment ago, and its event is on its way.
            switch try await admission.standing(of: new.subscriber) {
            case .blocked: throw error
            case .unknown: throw SubscriptionError.subscriberUnknown
            case .admitted: return try await createOnCurrentTerms(new, in: context)
            }
        }
    }

    private func createOnCurrentTerms(_ new: NewSubscription, in context: WriteContext) async throws -> Record {
        let day = try await startDay(new, context)
        for isFresh in [false, true] {
            let terms = try await terms.terms(of: new.plan, on: day, in: new.currency, isFresh: isFresh)
            if let record = try await create(new, on: terms, in: context) { return record }
        }
        // The plan has changed again between the read and the transaction.
        throw RepositoryError.contention
    }

    /// Subscribes on these terms.
    /// - Returns: nil when the terms are no longer the plan's; then nothing was changed.
    private func create(
        _ new: NewSubscription, on terms: PlanTerms, in context: WriteContext
    ) async throws -> Record? {
        if new.billing != nil { return try await start(new, terms, context) }
        let context = try await time(context, new.subscriber)
        let scope = context.scope
        let given =
            if let name = new.invoice { try await invoices.require(name, in: scope) } else { nil as Identifier? }
        let now = context.now
        let first = try Self.firstPeriod(of: terms, from: CalendarDate(of: now))
        let id = Identifier.v7(at: now)
        let invoice = given ?? Identifier.v7(at: now)
        let quota = SubscriptionQuota(general: quota, plan: terms.tenantLimit)

        var batch = context.batch(resource: id)
        // Before the quota, whose limit may be the plan's.
        let confirmation = batch.add(terms.confirmation)
        batch.add(
            quota.reservation(tenant: new.subscriber, plan: new.plan, on: first.period.start))
        let admission = batch.add(KnownTenants.admitting(new.subscriber))
        let backing = given.map { given in
            InvoiceBacking(
                invoice: given, subscription: id, subscriber: new.subscriber, plan: new.plan, price: terms.price
            ).check(in: &batch)
        }
        if given == nil {
            let statements = try invoices.insertStatements(
                first.invoice,
                as: NewInvoiceRow(
                    id: invoice, tenant: new.subscriber, subscription: id, plan: new.plan, period: first.period),
                in: scope)
            batch.add(contentsOf: statements)
        }
        let values = Self.values(new, id: id, invoice: invoice, first: first)
        let row = batch.add(try subscriptions.entities.insertStatement(values, in: scope))
        let event = SubscriptionEvent(
            subscription: try values.members(at: now, in: scope), tenant: new.subscriber,
            plan: PlanSummary(
                plan: terms.plan, currency: terms.price.currency.code,
                sizeConfiguration: try await sizeConfiguration(of: terms)),
            instant: now, trace: context.trace)
        batch.add(try event.envelope(EventType.subscriptionCreated))
        if new.status == .active { batch.add(try event.envelope(EventType.subscriptionActivated)) }

        let results: [PostgresResult]
        do {
            results = try await pool.run(batch)
        } catch {
            if SubscriptionQuota.isExhausted(error) { throw SubscriptionError.quotaExceeded(quota) }
            if error.statementIndex == confirmation, error.isGuardViolation { return nil }
            if error.statementIndex == admission, error.isGuardViolation {
                throw SubscriptionError.subscriberNotActive
            }
            if let refusal = backing?.refusal(for: error) { throw refusal }
            let isOurs = error.statementIndex == row
            throw RepositoryError.from(error, entity: isOurs ? TenantSubscription.entity : nil)
        }
        guard let inserted = results[row].first else { throw SubscriptionError.subscriberNotFound }
        return subscriptions.entities.record(inserted)
    }

    private static func firstPeriod(
        of terms: PlanTerms, from start: CalendarDate
    ) throws(SubscriptionError) -> FirstPeriod {
        do {
            return try FirstPeriod(of: terms, from: start)
        } catch {
            throw .planNotBillable(PlanTermsError.billing(error).message)
        }
    }

    private static func values(
        _ new: NewSubscription, id: Identifier, invoice: Identifier, first: FirstPeriod
    ) -> FieldValues {
        var values = FieldValues(TenantSubscription.entity)
        values.identifier = id
        values[TenantSubscription.subscriberID] = new.subscriber
        values[TenantSubscription.startDate] = first.period.start.description
        values[TenantSubscription.endDate] = first.period.end.description
        values[TenantSubscription.status] = new.status
        values[TenantSubscription.planID] = new.plan
        values[TenantSubscription.invoiceID] = invoice
        values[TenantSubscription.billingAnchorDay] = first.anchorDay
        return values
    }

    /// Most plans have no size, and then nothing is read.
    private func sizeConfiguration(of terms: PlanTerms) async throws -> JSONValue? {
        guard let size = terms.plan.value(of: Plan.size) else { return nil }
        return try await summaries.configuration(ofSize: size)
    }
}
