import Billing
import Entities
import JSONCoding
import PostgresClient
import Primitives

/// What is scheduled for a subscription, edited and canceled.
struct ScheduledChangeService: Sendable {
    let actions: SubscriptionActionService
    let changes: EntityRepository

    /// A change of a subscription.
    /// - Throws: ``SubscriptionActionError/notFound``.
    func change(_ id: Identifier, of subscription: Identifier, in scope: TenantScope) async throws -> Record {
        let filter = Filter(
            where: .equals(Entity.id, id).and(.equals(SubscriptionChange.subscriptionID, subscription)), limit: 1)
        guard let row = try await changes.find(filter, in: scope).first else { throw SubscriptionActionError.notFound }
        return row
    }

    /// Cancels what is scheduled.
    /// - Throws: `RepositoryError.versionMismatch`, and what an action throws.
    func cancel(
        _ id: Identifier, of subscription: Identifier, in context: WriteContext, ifVersion version: VersionCondition?
    ) async throws {
        try await store(id, of: subscription, in: context, ifVersion: version) { outcome, entry, _ in
            outcome.cancel(entry, withEndIn: outcome.billed.billing)
        }
    }

    /// Edits what is scheduled.
    /// - Parameter body: Has passed ``SubscriptionActionSchemas/edit``.
    func edit(
        _ id: Identifier, of subscription: Identifier, _ body: JSONObject, in context: WriteContext,
        ifVersion version: VersionCondition?
    ) async throws -> Record {
        try await store(id, of: subscription, in: context, ifVersion: version) { outcome, entry, today in
            let edited = try Self.edited(entry, body, today: today)
            if entry.origin == .override, let end = outcome.billed.billing.end(of: entry)?.day, let day = edited.day,
                day >= end
            {
                throw SubscriptionActionError.invalid(
                    pointer: "/at", reason: "must be before \(end), when the price override ends")
            }
            outcome.replace(edited)
        }
        return try await change(id, of: subscription, in: context.scope)
    }

    private static func edited(
        _ entry: SubscriptionBilling.Entry, _ body: JSONObject, today: CalendarDate
    ) throws -> SubscriptionBilling.Entry {
        var edited = entry
        if let policy = body["policy"], !policy.isNull { edited.change["policy"] = policy }
        if let quantity = body["quantity"], !quantity.isNull {
            guard entry.kind == .change || entry.kind == .quantity else {
                throw SubscriptionActionError.invalid(pointer: "/quantity", reason: "is not possible for this type")
            }
            edited.change["quantity"] = quantity
        }
        if let at = body["at"]?.stringValue.flatMap({ try? CalendarDate($0) }) {
            guard at > today else {
                throw SubscriptionActionError.invalid(pointer: "/at", reason: "must be after \(today), which is today")
            }
            edited.change["at"] = .string(at.description)
            // It comes before what is due on its day.
            edited.change["ownInvoice"] = nil
            edited.requestedOn = today
        } else if let day = entry.day, day <= today, edited.policy != .atPeriodEnd {
            throw SubscriptionActionError.invalid(pointer: "/at", reason: "is required with this policy")
        }
        edited.effectiveOn = nil
        return edited
    }

    private func store(
        _ id: Identifier, of subscription: Identifier, in context: WriteContext, ifVersion version: VersionCondition?,
        _ apply:
            @Sendable @escaping (
                inout SubscriptionActionOutcome, SubscriptionBilling.Entry, CalendarDate
            ) throws -> Void
    ) async throws {
        let row = try await change(id, of: subscription, in: context.scope)
        try version?.require(try row.version)
        let context = try await actions.time(context, try row[SubscriptionChange.tenantID])
        _ = try await actions.store(subscription, as: .change, token: nil, in: context) { planner in
            guard let entry = planner.billed.billing.entries.first(where: { $0.id == id }) else {
                throw SubscriptionActionError.notScheduled(.canceled)
            }
            try version?.require(entry.version)
            guard entry.state == .scheduled else { throw SubscriptionActionError.notScheduled(entry.state) }
            var outcome = SubscriptionActionOutcome(planner.billed)
            try apply(&outcome, entry, planner.today)
            return outcome
        } target: { _, _ in
            nil
        }
    }
}
