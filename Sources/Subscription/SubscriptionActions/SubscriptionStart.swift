import Billing
import BillingPreview
import Entities
import JSONCoding
import MessageBus
import PostgresClient
import Primitives

/// Subscribes a tenant to what the engine bills from then on.
struct SubscriptionStart: Sendable {
    let billing: SubscriptionBillingService
    /// How invoices can be collected.
    let collecting: CollectionMethods
    let time: @Sendable (WriteContext, Identifier) async throws -> WriteContext

    /// Subscribes on these terms: subscription, what is due today and events, all of them or nothing.
    /// - Returns: nil when the terms are no longer the plan's; then nothing was changed.
    /// - Throws: ``SubscriptionError``; ``SubscriptionActionError/invalid(pointer:reason:)`` for terms that make no sense.
    func start(_ new: NewSubscription, on terms: PlanTerms, in context: WriteContext) async throws -> Record? {
        let method = try collecting.method(new.collectionMethod)
        let context = try await time(context, new.subscriber)
        let id = Identifier.v7(at: context.now)
        let (billed, standing) = try begun(new, id: id, on: terms, collectedBy: method, at: context.now)
        let quota = SubscriptionQuota(general: billing.quota, plan: terms.tenantLimit)
        do {
            return try await context.withTransaction(on: billing.pool, resource: id) { transaction in
                try await admit(new, terms, quota, in: context, transaction)
                let settlement = SubscriptionSettlement(
                    subscriptions: billing.subscriptions.entities, repository: billing.repository,
                    issuer: billing.issuer, context: context)
                let statements = try settlement.statements(
                    billed, standing, inserting: Self.values(new, id: id, billed.billing.terms))
                let results: [PostgresResult]
                do throws(PostgresError) {
                    results = try await transaction.run(statements.batch)
                } catch {
                    throw RepositoryError.from(error, entity: nil)
                }
                guard let inserted = results[statements.row].first else { throw SubscriptionError.subscriberNotFound }
                let row = billing.subscriptions.entities.record(inserted)
                try await announce(row, new, in: context, transaction)
                return row
            }
        } catch is OutdatedTerms {
            return nil
        }
    }

    /// The terms are no longer the plan's.
    private struct OutdatedTerms: Error {}

    private func begun(
        _ new: NewSubscription, id: Identifier, on terms: PlanTerms, collectedBy method: CollectionMethod?,
        at now: Timestamp
    ) throws -> (BilledSubscription, SubscriptionStanding) {
        let request = SubscriptionTermsRequest(members: new.billing ?? JSONObject())
        do {
            let name = request.members["timeZone"]?.stringValue ?? ZoneRules.utc.name
            guard let zone = billing.zones(name) else {
                throw ScenarioRefusal("/timeZone", "Must be a time zone of the IANA database, such as Europe/Paris")
            }
            let scenario = request.scenario(on: terms, today: try zone.date(at: now))
            let rows = SubscriptionStanding.Rows(
                status: new.status, plan: new.plan, startDate: scenario["start"]?.stringValue ?? "")
            let billed = try BilledSubscription(
                rows,
                SubscriptionBilling(
                    subscription: id, tenant: new.subscriber, scenario: scenario, entries: [], issued: 0,
                    collectionMethod: method), at: now,
                in: billing.zones)
            return (billed, try billed.standing())
        } catch let refusal as ScenarioRefusal {
            throw SubscriptionTermsRequest.meaning(of: refusal)
        }
    }

    private func admit(
        _ new: NewSubscription, _ terms: PlanTerms, _ quota: SubscriptionQuota, in context: WriteContext,
        _ transaction: PostgresTransaction
    ) async throws {
        var batch = PostgresBatch()
        let confirmation = batch.add(terms.confirmation)
        batch.add(quota.reservation(tenant: new.subscriber, plan: new.plan, on: CalendarDate(of: context.now)))
        let admission = batch.add(KnownTenants.admitting(new.subscriber))
        do {
            _ = try await transaction.run(batch)
        } catch {
            if SubscriptionQuota.isExhausted(error) { throw SubscriptionError.quotaExceeded(quota) }
            if error.isGuardViolation, error.statementIndex == confirmation { throw OutdatedTerms() }
            if error.isGuardViolation, error.statementIndex == admission { throw SubscriptionError.subscriberNotActive }
            throw error
        }
    }

    private static func values(_ new: NewSubscription, id: Identifier, _ terms: JSONObject) -> FieldValues {
        var values = FieldValues(TenantSubscription.entity)
        values.identifier = id
        values[TenantSubscription.subscriberID] = new.subscriber
        let start = terms["start"]?.stringValue
        values[TenantSubscription.startDate] = start
        let isMonthly = ["month", "year"].contains(terms["interval"]?["unit"]?.stringValue ?? "")
        values[TenantSubscription.billingAnchorDay] = isMonthly ? start.flatMap { try? CalendarDate($0) }?.day : nil
        return values
    }

    private func announce(
        _ row: Record, _ new: NewSubscription, in context: WriteContext, _ transaction: PostgresTransaction
    ) async throws {
        let plan = try await billing.summaries.summaries(of: [new.plan], in: transaction)[new.plan]
        let event = SubscriptionEvent(
            subscription: try row.members(), tenant: new.subscriber, plan: plan ?? PlanSummary(unknown: new.plan),
            instant: context.now, trace: context.trace)
        var batch = PostgresBatch()
        batch.add(try event.envelope(EventType.subscriptionCreated))
        if new.status == .active { batch.add(try event.envelope(EventType.subscriptionActivated)) }
        _ = try await transaction.run(batch)
    }
}
