import Billing
import BillingPreview
import Entities
import JSONCoding
import PostgresClient
import Primitives

/// Actions on subscriptions: each is planned, settled and stored in one transaction, and previewed by the same code.
struct SubscriptionActionService: Sendable {
    let billing: SubscriptionBillingService
    let terms: PlanTermsReader
    let summaries: PlanSummaryRepository
    let invoices: InvoiceRepository
    let policies: PlanChangePolicy
    /// The same write at the time that a tenant lives on.
    let time: @Sendable (WriteContext, Identifier) async throws -> WriteContext

    private var subscriptions: SubscriptionRepository { billing.subscriptions }
    private var pool: PostgresPool { subscriptions.entities.pool }

    /// Does what is asked for, or nothing.
    /// - Throws: ``SubscriptionActionError``; ``SubscriptionError``; ``ScenarioRefusal`` if what is due cannot be billed.
    func perform(
        _ request: SubscriptionActionRequest, on id: Identifier, in context: WriteContext
    ) async throws -> SubscriptionActionResult {
        let (context, target) = try await prepared(request, on: id, in: context)
        return try await store(
            id, as: request.action.cause, token: request.token, requesting: request.plan, addOn: request.addOn,
            in: context
        ) { planner in
            try planner.outcome(of: request)
        } target: { plan, billed in
            try await target(plan, billed)
        }
    }

    /// What would come of it, and the token under which exactly that comes of it.
    func preview(
        _ request: SubscriptionActionRequest, on id: Identifier, in context: WriteContext
    ) async throws -> (result: SubscriptionActionResult, token: String) {
        let (context, target) = try await prepared(request, on: id, in: context)
        let previewed = try await foresee(id, requesting: request.plan, addOn: request.addOn, in: context) { planner in
            try planner.outcome(of: request)
        } target: { plan, billed in
            try await target(plan, billed)
        }
        try await context.commitMarks(on: pool)
        return (previewed, previewed.token(of: id, request.action.rawValue))
    }

    /// What would come of a change, without making it.
    func foresee(
        _ id: Identifier, requesting requested: Identifier? = nil, addOn: Identifier? = nil, in context: WriteContext,
        _ plan: Planning, target: TermsLookup
    ) async throws -> SubscriptionActionResult {
        try await pool.withTransaction(settings: context.settings, as: .read) { transaction in
            let (row, billed) = try await read(id, in: context, transaction, isLocked: false)
            let complete = try await billing.metering.complete(billed, isClosing: false, transaction)
            let due = try complete.standing()
            let current = complete.advanced(by: due)
            let standing = try current.standing()
            let planner = try await planner(
                current, standing, target(standing.plan, current), requested, addOn, in: context, transaction)
            let outcome = try await metered(plan(planner), isClosing: false, transaction)
            let after = try Self.after(outcome, from: standing)
            var members = try row.members()
            members[TenantSubscription.status] = .integer(after.status.rawValue)
            members[TenantSubscription.endDate] = .string(after.endDate.description)
            members[TenantSubscription.planID] = .identifier(after.plan)
            return try Self.result(outcome, after, members)
        }
    }

    /// The result of an action that was done before its answer was lost.
    func recovered(_ id: Identifier, in scope: TenantScope) async throws -> SubscriptionActionResult {
        let row = try await subscriptions.entities.findByID(id, in: scope)
        return SubscriptionActionResult(
            subscription: try row.members(), change: nil, invoices: [], upcoming: nil, nextDue: nil)
    }

    // MARK: Steps

    typealias Planning = (SubscriptionActionPlanner) throws -> SubscriptionActionOutcome
    /// Finds the terms that an action needs: by the current plan, and as the currency and the day of the subscription say.
    typealias TermsLookup = (Identifier, BilledSubscription) async throws -> PlanTerms?

    /// Plans and stores a change of a subscription.
    /// - Parameters:
    ///   - requested: The plan that is asked for.
    ///   - resource: The row from which the response of a repeated request is rebuilt; nil: the subscription.
    ///   - addOn: The add-on that a request names.
    ///   - target: The terms that it needs, by the current plan. It is called while the subscription is locked.
    ///   - alongside: Statements that commit with it, by what it has added.
    func store(
        _ id: Identifier, as cause: SubscriptionEvent.Cause, token: String?, requesting requested: Identifier? = nil,
        addOn: Identifier? = nil, resource: Identifier? = nil, in context: WriteContext,
        _ plan: Planning, target: TermsLookup,
        alongside: (SubscriptionBilling.Entry?) throws -> [BoundStatement] = { _ in [] }
    ) async throws -> SubscriptionActionResult {
        try await context.withTransaction(on: pool, resource: resource ?? id) { transaction in
            let (_, locked) = try await read(id, in: context, transaction, isLocked: true)
            let billed = try await billing.metering.complete(locked, isClosing: true, transaction)
            let due = try billed.standing()
            let isNews = due.isNews(for: billed)
            let current = isNews ? billed.advanced(by: due) : billed
            let standing = try current.standing()
            let terms = try await target(standing.plan, current)
            if let terms { try await Self.confirm(terms, transaction) }
            // What is due comes first. It takes the series of invoices, and whoever waits for that may hold the quota.
            if isNews {
                _ = try await transaction.query(SubscriptionQuota.lock(of: billed.billing.tenant))
                _ = try await billing.settle(billed, due, in: context, transaction)
            }
            let planner = try await planner(current, standing, terms, requested, addOn, in: context, transaction)
            let outcome = try await metered(plan(planner), isClosing: true, transaction)
            let after = try Self.after(outcome, from: standing)
            var result = try Self.result(outcome, after, JSONObject())
            let edits = try outcome.edited.filter { edit in
                !after.changed.contains { $0.id == edit.id }
            }.map { try billing.repository.update(of: $0, in: context.scope) }
            var more = edits
            more += try alongside(result.changed)
            if outcome.voidsDrafts { more.append(SubscriptionBillingRepository.voidDrafts(of: id)) }
            if outcome.issuesDrafts {
                more.append(
                    SubscriptionBillingRepository.issueDrafts(
                        of: id, on: billed.today, by: billing.issuer.invoices.terms))
            }
            let settled = try await billing.settle(
                outcome.billed, after, cause: cause, alongside: more, noteTerms: outcome.noteTerms, in: context,
                transaction)
            result.subscription = try settled.row.members()
            result.invoiceIDs = settled.invoices
            // The transaction is undone with the error.
            guard token == nil || token == result.token(of: id, cause.rawValue) else {
                throw SubscriptionActionError.previewOutdated
            }
            return result
        }
    }

    /// The context at the time of the tenant, and what finds the terms that an action needs.
    private func prepared(
        _ request: SubscriptionActionRequest, on id: Identifier, in context: WriteContext
    ) async throws -> (WriteContext, TermsLookup) {
        return (
            try await tenantContext(id, context),
            { plan, billed in
                switch request.action {
                case .change: try await requestedTerms(request.plan, for: billed)
                // What has ended begins again on the terms of now.
                case .renew: try? await terms.terms(of: plan, on: billed.today, in: billed.currency, isFresh: true)
                case .activate, .cancel, .uncancel, .pause, .resume, .attach, .detach, .override, .endOverride: nil
                }
            }
        )
    }

    /// The context at the time of the tenant of a subscription.
    func tenantContext(_ id: Identifier, _ context: WriteContext) async throws -> WriteContext {
        let row: Record
        do {
            row = try await subscriptions.entities.findByID(id, in: context.scope)
        } catch RepositoryError.notFound {
            throw SubscriptionActionError.notFound
        }
        return try await time(context, try row[TenantSubscription.subscriberID])
    }

    /// The terms of today of the plan that a request names, in the currency of the subscription.
    /// - Throws: ``SubscriptionActionError/invalid(pointer:reason:)`` for a plan that does not exist, or has no price in it.
    func requestedTerms(_ plan: Identifier?, for billed: BilledSubscription) async throws -> PlanTerms? {
        guard let plan else { return nil }
        do {
            return try await terms.terms(of: plan, on: billed.today, in: billed.currency, isFresh: true)
        } catch let error as SubscriptionError {
            switch error {
            case .planNotFound:
                throw SubscriptionActionError.invalid(pointer: "/planId", reason: "must be a plan that exists")
            case .noPriceIn:
                throw SubscriptionActionError.invalid(
                    pointer: "/planId", reason: "must be a plan with a price in the currency of the subscription")
            default: throw error
            }
        }
    }

    /// - Throws: `RepositoryError.contention` if the plan was changed a moment ago.
    private static func confirm(_ terms: PlanTerms, _ transaction: PostgresTransaction) async throws {
        do throws(PostgresError) {
            _ = try await transaction.query(terms.confirmation)
        } catch {
            throw error.isGuardViolation ? RepositoryError.contention : RepositoryError.from(error, entity: nil)
        }
    }

    private func read(
        _ id: Identifier, in context: WriteContext, _ transaction: PostgresTransaction, isLocked: Bool
    ) async throws -> (Record, BilledSubscription) {
        guard let row = try await subscriptions.read(id, in: context.scope, transaction, isLocked: isLocked) else {
            throw SubscriptionActionError.notFound
        }
        if let billed = try await billing.read(row, in: context, transaction, isLocked: isLocked) {
            return (row, billed)
        }
        return (row, try await adopted(row, in: context))
    }

    /// An action may end what usage is billed by: then it is due, too.
    private func metered(
        _ outcome: SubscriptionActionOutcome, isClosing: Bool, _ transaction: PostgresTransaction
    ) async throws -> SubscriptionActionOutcome {
        var outcome = outcome
        do {
            outcome.billed = try await billing.metering.complete(outcome.billed, isClosing: isClosing, transaction)
        } catch let refusal as ScenarioRefusal {
            throw outcome.meaning(of: refusal)
        }
        return outcome
    }

    private func planner(
        _ billed: BilledSubscription, _ standing: SubscriptionStanding, _ target: PlanTerms?,
        _ requested: Identifier?, _ addOn: Identifier?, in context: WriteContext, _ transaction: PostgresTransaction
    ) async throws -> SubscriptionActionPlanner {
        let plan = try await summaries.summaries(of: [standing.plan], in: transaction)[standing.plan]
        let named = billed.billing.entries.compactMap(\.addOn) + [addOn].compactMap(\.self)
        var planner = SubscriptionActionPlanner(
            billed: billed, standing: standing, plan: plan?.json, target: target,
            addOns: try await AddOnRepository.terms(of: Set(named), in: transaction), policies: policies,
            now: context.now)
        // A repricing leaves the prices of usage as they are; its terms were read for no day.
        if let target, target.reading != nil {
            do {
                planner.metered = try await MeteredPriceRepository().prices(
                    of: requested ?? standing.plan, in: target.price.currency.code, transaction)
            } catch let missing as MeteredPriceRepository.MissingPrice {
                throw SubscriptionActionError.invalid(
                    pointer: "/planId",
                    reason: "must be a plan with a price for the use of \(missing.meter) in \(target.price.currency)")
            }
        }
        return planner
    }

    private static func result(
        _ outcome: SubscriptionActionOutcome, _ after: SubscriptionStanding, _ subscription: JSONObject
    ) throws -> SubscriptionActionResult {
        let added = outcome.added.map { added in after.changed.first { $0.id == added.id } ?? added }
        let edited = outcome.edited.last.map { edited in after.changed.first { $0.id == edited.id } ?? edited }
        return SubscriptionActionResult(
            subscription: subscription, change: added, edited: edited, invoices: after.invoices,
            upcoming: try upcoming(outcome.billed, after), nextDue: after.nextDue)
    }

    /// The first invoice of a later day. Days on which nothing is billed are few in a row.
    private static func upcoming(
        _ billed: BilledSubscription, _ after: SubscriptionStanding
    ) throws -> DraftInvoice? {
        guard after.nextDue != nil else { return nil }
        let issued = after.progress.statement.invoices.count
        var next = after.progress.next
        for _ in 0..<8 {
            guard let day = next else { return nil }
            let progress = try billed.billing.progress(through: day, by: billed.reader)
            if progress.statement.invoices.count > issued { return progress.statement.invoices[issued] }
            next = progress.next
        }
        return nil
    }

    /// How it stands with what the action does.
    private static func after(
        _ outcome: SubscriptionActionOutcome, from before: SubscriptionStanding
    ) throws -> SubscriptionStanding {
        do {
            let after = try outcome.billed.standing(as: outcome.status)
            let issued = before.progress.statement.invoices
            let isBegunAnew = outcome.added?.kind == .restart
            guard isBegunAnew || after.progress.statement.invoices.starts(with: issued) else {
                throw SubscriptionActionError.altersInvoices
            }
            // What is scheduled must still be possible.
            let days = outcome.billed.billing.entries.filter { $0.state == .scheduled }.compactMap(\.day)
            if let last = days.max(), last > outcome.billed.today {
                _ = try outcome.billed.billing.progress(through: last, by: outcome.billed.reader)
            }
            return after
        } catch let refusal as ScenarioRefusal {
            throw outcome.meaning(of: refusal)
        }
    }
}

extension SubscriptionAction {
    var cause: SubscriptionEvent.Cause {
        switch self {
        case .activate: .activate
        case .change: .change
        case .cancel: .cancel
        case .uncancel: .uncancel
        case .pause: .pause
        case .resume: .resume
        case .renew: .renew
        case .attach: .attach
        case .detach: .detach
        case .override: .override
        case .endOverride: .endOverride
        }
    }
}

extension SubscriptionStanding {
    /// Whether there is anything to store.
    func isNews(for billed: BilledSubscription) -> Bool {
        !invoices.isEmpty && billed.rows.status != .pending || status != billed.rows.status || plan != billed.rows.plan
            || changed.contains { $0.state != .scheduled } || !notes.isEmpty
    }
}

extension SubscriptionActionOutcome {
    /// The refusal of the engine as one of the request's: with pointers into the request.
    fileprivate func meaning(of refusal: ScenarioRefusal) -> SubscriptionActionError {
        guard let added, let pointer = billed.billing.pointer(to: added), refusal.pointer.hasPrefix(pointer) else {
            return .invalid(
                pointer: "", reason: "does not go with what is agreed: \(refusal.pointer) \(refusal.reason)")
        }
        let member = String(refusal.pointer.dropFirst(pointer.count))
        let known = ["/at", "/policy", "/quantity", "/anchor"].first { member.hasPrefix($0) }
        return .invalid(pointer: known.map { _ in member } ?? "", reason: refusal.reason)
    }
}
