import Billing
import Entities
import MessageBus
import PostgresClient
import Primitives
import WorkQueue

/// Goes through the subscribers of a plan, a batch at a time. A dry run plans for each what the real one does, and stores nothing of it.
/// What was recorded of a subscription is not done again, so a batch may be repeated.
struct RepricingProcessor: Sendable {
    let repository: RepricingRepository
    let actions: SubscriptionActionService
    let versions: EntityRepository
    /// The service itself: nobody has asked for each subscription.
    let system: TenantScope
    let clock: any WallClock

    /// Subscriptions of a batch.
    static let batchSize = 50

    /// What it was computed for is gone.
    struct Gone: PermanentFailure {
        let reason = "there is no such version of the plan"
    }

    func handle(_ work: RepricingWork) async throws -> Settlement<RepricingStore.Batch> {
        guard let version = try await versions.find(Filter(where: .equals(Entity.id, work.version)), in: system).first
        else { throw Gone() }
        let rule = RepricingRule(
            plan: work.plan, version: try version[PlanVersion.number],
            from: try version[ifPresent: PlanVersion.effectiveOn].flatMap { try? CalendarDate($0) })
        let subscribers = try await repository.subscribers(
            of: work.plan, after: work.cursor, limit: Self.batchSize)
        let known = try await repository.known(subscribers.map(\.subscription), in: work.repricing)
        for subscriber in subscribers where !known.contains(subscriber.subscription) {
            try await look(at: subscriber, by: rule, work)
        }
        return .done(
            RepricingStore.Batch(
                subscriptions: subscribers.map(\.subscription), isLast: subscribers.count < Self.batchSize))
    }

    private func look(
        at subscriber: RepricingRepository.Subscriber, by rule: RepricingRule, _ work: RepricingWork
    ) async throws {
        let context = try await actions.time(WriteContext(scope: system, now: clock.now()), subscriber.tenant)
        do {
            if work.isDryRun {
                try await foresee(subscriber, by: rule, work, in: context)
            } else {
                try await change(subscriber, by: rule, work, in: context)
            }
        } catch is RepricingRule.Unconcerned {
            return
        } catch let skip as RepricingRule.Skip {
            try await record(subscriber, work, reason: skip.reason, in: context)
        } catch let error as SubscriptionActionError {
            // Deleted meanwhile: nothing is left to change.
            guard error != .notFound else { return }
            try await record(subscriber, work, reason: .refused, in: context)
        } catch is ScenarioRefusal {
            try await record(subscriber, work, reason: .refused, in: context)
        } catch is SubscriptionError {
            try await record(subscriber, work, reason: .refused, in: context)
        }
    }

    /// The terms of the version in the currency of a subscription; nil if it has no price in it.
    private func terms(of work: RepricingWork, _ rule: RepricingRule, for billed: BilledSubscription) async throws
        -> PlanTerms?
    {
        let plan = try await actions.terms.offer(of: work.plan, on: billed.today, isFresh: true).plan
        return billed.currency.flatMap { CatalogPrice.amount(in: $0, of: work.prices) }.map {
            plan.repriced($0, version: rule.version)
        }
    }

    private func foresee(
        _ subscriber: RepricingRepository.Subscriber, by rule: RepricingRule, _ work: RepricingWork,
        in context: WriteContext
    ) async throws {
        var effect: RepricingRule.Effect?
        let result = try await actions.foresee(subscriber.subscription, in: context) { planner in
            effect = try rule.effect(on: planner, planner.target)
            return try Self.outcome(planner, rule)
        } target: { _, billed in
            try await terms(of: work, rule, for: billed)
        }
        try await record(subscriber, work, effect, effectiveOn: result.changed?.effectiveOn, in: context)
    }

    private func change(
        _ subscriber: RepricingRepository.Subscriber, by rule: RepricingRule, _ work: RepricingWork,
        in context: WriteContext
    ) async throws {
        var effect: RepricingRule.Effect?
        _ = try await actions.store(subscriber.subscription, as: .reprice, token: nil, in: context) { planner in
            effect = try rule.effect(on: planner, planner.target)
            return try Self.outcome(planner, rule)
        } target: { _, billed in
            try await terms(of: work, rule, for: billed)
        } alongside: { change in
            guard let effect else { return [] }
            return [
                RepricingRepository.record(
                    subscriber, in: work.repricing, effect, effectiveOn: change?.effectiveOn, reason: nil),
                Outbox.insert(
                    try RepricingEvents.envelope(
                        effect, of: subscriber, plan: work.plan, version: rule.version, on: change?.effectiveOn,
                        in: context)),
            ]
        }
    }

    private static func outcome(
        _ planner: SubscriptionActionPlanner, _ rule: RepricingRule
    ) throws -> SubscriptionActionOutcome {
        guard let terms = planner.target else { throw RepricingRule.Skip(reason: .noPrice) }
        return rule.outcome(on: planner, terms)
    }

    private func record(
        _ subscriber: RepricingRepository.Subscriber, _ work: RepricingWork, _ effect: RepricingRule.Effect? = nil,
        effectiveOn: CalendarDate? = nil, reason: RepricedSubscription.Reason? = nil, in context: WriteContext
    ) async throws {
        var batch = context.batch(resource: nil)
        batch.add(
            RepricingRepository.record(
                subscriber, in: work.repricing, effect, effectiveOn: effectiveOn, reason: reason))
        _ = try await repository.pool.run(batch)
    }
}
