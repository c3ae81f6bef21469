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
    /// The service itself makes the changes, on behalf of no user.
    let system: TenantScope
    let clock: any WallClock

    /// Subscriptions of a batch.
    static let batchSize = 50

    /// Attempts after which the others do not wait for a subscription any more.
    static let patience = 5

    /// The plan or the version is gone.
    struct Gone: PermanentFailure {
        let reason = "there is no such plan any more, or no such version of it"
    }

    /// What a batch works with.
    private struct Assignment {
        let work: RepricingWork
        let rule: RepricingRule
        /// The terms of the row of the plan.
        let plan: PlanTerms

        /// The terms of the version in the currency of a subscription; nil if it has no price in it.
        func terms(for billed: BilledSubscription) -> PlanTerms? {
            billed.currency.flatMap { CatalogPrice.amount(in: $0, of: work.prices) }.map {
                plan.repriced($0, version: rule.version)
            }
        }
    }

    func handle(_ work: RepricingWork) async throws -> Settlement<RepricingStore.Batch> {
        guard let version = try await versions.find(Filter(where: .equals(Entity.id, work.version)), in: system).first
        else { throw Gone() }
        let rule = RepricingRule(
            plan: work.plan, version: try version[PlanVersion.number],
            from: try version[ifPresent: PlanVersion.effectiveOn].flatMap { try? CalendarDate($0) })
        let task = Assignment(work: work, rule: rule, plan: try await plan(of: work))
        let subscribers = try await repository.subscribers(
            of: work.plan, after: work.cursor, limit: Self.batchSize)
        let known = try await repository.known(subscribers.map(\.subscription), in: work.repricing)
        for subscriber in subscribers where !known.contains(subscriber.subscription) {
            try await look(at: subscriber, task)
        }
        return .done(
            RepricingStore.Batch(
                subscriptions: subscribers.map(\.subscription), isLast: subscribers.count < Self.batchSize))
    }

    private func plan(of work: RepricingWork) async throws -> PlanTerms {
        do {
            return try await actions.terms.offer(of: work.plan, on: CalendarDate(of: clock.now()), isFresh: true).plan
        } catch SubscriptionError.planNotFound {
            throw Gone()
        }
    }

    private func look(at subscriber: RepricingRepository.Subscriber, _ task: Assignment) async throws {
        let work = task.work
        let context = try await actions.time(WriteContext(scope: system, now: clock.now()), subscriber.tenant)
        do {
            if work.isDryRun {
                try await foresee(subscriber, task, in: context)
            } else {
                try await change(subscriber, task, in: context)
            }
        } catch is RepricingRule.Unconcerned {
            return
        } catch let skip as RepricingRule.Skip {
            try await record(subscriber, work, reason: skip.reason, in: context)
        } catch let error as SubscriptionActionError {
            // Deleted meanwhile: nothing is left to change.
            guard error != .notFound else { return }
            try await record(subscriber, work, reason: .refused, in: context)
        } catch is ScenarioRefusal, is SubscriptionError, is BillingError {
            try await record(subscriber, work, reason: .refused, in: context)
        } catch {
            // Canceled, or done by a worker that had lost its lease.
            guard !RepricingRepository.isOver(error) else { return }
            guard work.failures >= Self.patience, !Task.isCancelled else { throw error }
            try await record(subscriber, work, reason: .failed, in: context)
        }
    }

    private func foresee(
        _ subscriber: RepricingRepository.Subscriber, _ task: Assignment, in context: WriteContext
    ) async throws {
        let rule = task.rule
        var effect: RepricingRule.Effect?
        let result = try await actions.foresee(subscriber.subscription, in: context) { planner in
            effect = try rule.effect(on: planner, planner.target)
            return try Self.outcome(planner, rule)
        } target: { _, billed in
            task.terms(for: billed)
        }
        try await record(subscriber, task.work, effect, effectiveOn: result.changed?.effectiveOn, in: context)
    }

    private func change(
        _ subscriber: RepricingRepository.Subscriber, _ task: Assignment, in context: WriteContext
    ) async throws {
        let (work, rule) = (task.work, task.rule)
        var effect: RepricingRule.Effect?
        _ = try await actions.store(subscriber.subscription, as: .reprice, token: nil, in: context) { planner in
            effect = try rule.effect(on: planner, planner.target)
            return try Self.outcome(planner, rule)
        } target: { _, billed in
            task.terms(for: billed)
        } alongside: { change in
            guard let effect else { return [] }
            return [
                RepricingRepository.guarding(subscriber.subscription, in: work.repricing),
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
