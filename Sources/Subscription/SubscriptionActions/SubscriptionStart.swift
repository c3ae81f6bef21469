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
        let quota = SubscriptionQuota(general: billing.quota, plan: terms.tenantLimit)
        do {
            return try await context.withTransaction(on: billing.pool, resource: id) { transaction in
                try await admit(new, terms, quota, in: context, transaction)
                let metered = try await metered(new.plan, on: terms, transaction)
                let (billed, standing) = try begun(
                    new, id: id, on: terms, metered, collectedBy: method, at: context.now)
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
                if !metered.isEmpty {
                    _ = try await transaction.query(
                        BilledUsage.open(
                            id, meters: metered.map(\.meter),
                            counted: metered.map(\.meter).filter { billed.billing.countsEvents(of: $0) },
                            from: Timestamp(seconds: billed.zone.instant(of: billed.today))))
                }
                try await announce(row, new, in: context, transaction)
                return row
            }
        } catch is OutdatedTerms {
            return nil
        }
    }

    /// The terms are no longer the plan's.
    private struct OutdatedTerms: Error {}

    /// The first day of a new subscription: the terms of that day count.
    /// - Throws: ``SubscriptionActionError/invalid(pointer:reason:)`` for an unknown time zone.
    func day(of new: NewSubscription, in context: WriteContext) async throws -> CalendarDate {
        let context = try await time(context, new.subscriber)
        guard let members = new.billing else { return CalendarDate(of: context.now) }
        if let start = (members["start"]?.stringValue).flatMap({ try? CalendarDate($0) }) { return start }
        do {
            return try zone(of: SubscriptionTermsRequest(members: members)).date(at: context.now)
        } catch let refusal as ScenarioRefusal {
            throw SubscriptionTermsRequest.meaning(of: refusal)
        }
    }

    private func zone(of request: SubscriptionTermsRequest) throws -> ZoneRules {
        guard let zone = billing.zones(request.members["timeZone"]?.stringValue ?? ZoneRules.utc.name) else {
            throw ScenarioRefusal("/timeZone", "Must be a time zone of the IANA database, such as Europe/Paris")
        }
        return zone
    }

    private func begun(
        _ new: NewSubscription, id: Identifier, on terms: PlanTerms, _ metered: [MeteredPriceRepository.Agreed],
        collectedBy method: CollectionMethod?,
        at now: Timestamp
    ) throws -> (BilledSubscription, SubscriptionStanding) {
        let request = SubscriptionTermsRequest(members: new.billing ?? JSONObject())
        do {
            var scenario = request.scenario(on: terms, today: try zone(of: request).date(at: now))
            if !metered.isEmpty { scenario["metered"] = .array(metered.map(\.item)) }
            let rows = SubscriptionStanding.Rows(
                status: new.status, plan: new.plan, startDate: scenario["start"]?.stringValue ?? "")
            var billed = try BilledSubscription(
                rows,
                SubscriptionBilling(
                    subscription: id, tenant: new.subscriber, scenario: scenario, entries: [], issued: 0,
                    collectionMethod: method, planVersion: terms.version), at: now, in: billing.zones)
            billed.billing.addedUsage = try Self.unmeteredPast(of: billed)
            return (billed, try billed.standing())
        } catch let refusal as ScenarioRefusal {
            throw SubscriptionTermsRequest.meaning(of: refusal)
        }
    }

    private func metered(
        _ plan: Identifier, on terms: PlanTerms, _ transaction: PostgresTransaction
    ) async throws -> [MeteredPriceRepository.Agreed] {
        do {
            return try await MeteredPriceRepository().prices(of: plan, in: terms.price.currency.code, transaction)
        } catch let missing as MeteredPriceRepository.MissingPrice {
            throw SubscriptionError.planNotBillable(
                "names a plan without a price for the use of \(missing.meter) in \(terms.price.currency)")
        }
    }

    /// Usage counts from the day on which the subscription was made: of what was due before, nothing was used.
    private static func unmeteredPast(of billed: BilledSubscription) throws -> [MeteredUsage] {
        guard billed.billing.isMetered else { return [] }
        let progress = try billed.billing.progress(through: billed.today, by: billed.reader)
        return try progress.measured.sorted { $0.key < $1.key }.map { meter, to in
            MeteredUsage(meter: meter, day: try to.adding(days: -1), number: 0, quantity: "0")
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
