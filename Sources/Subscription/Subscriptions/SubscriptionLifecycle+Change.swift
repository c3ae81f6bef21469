import Billing
import Entities
import JSONCoding
import MessageBus
import PostgresClient
import Primitives

/// Changes that may make subscriptions live: they take places of the tenant's quota and are published.
extension SubscriptionLifecycle {
    /// Whether a change has to come here: it may take a place of somebody's quota, or names an invoice, perhaps by the
    /// provider's id. All others are plain updates.
    static func concerns(_ body: JSONObject) -> Bool {
        if body[TenantSubscription.invoiceID] != nil { return true }
        guard let status = body.value(of: TenantSubscription.status) else {
            return body[TenantSubscription.planID] != nil || body[TenantSubscription.subscriberID] != nil
                || body[TenantSubscription.endDate] != nil
        }
        return status.mayBeLive
    }

    /// Rows that may take places in one request: for each tenant a lock is held until its end.
    static let largestReservation = 1000

    /// Changes a row. `SUBSCRIPTION_ACTIVATED` is published, in the same transaction, when it becomes ACTIVE and was not. The
    /// row is locked before its status is read, so that two concurrent activations publish one event.
    /// - Parameters:
    ///   - body: Members to change, checked against the entity's schema.
    ///   - version: The row's version that the change is based on.
    /// - Throws: ``SubscriptionError/quotaExceeded(_:)``, `.invoiceInUse`, `.invoiceMismatch`; `RepositoryError.notFound`,
    ///   `.relatedNotFound` for the invoice, `.versionMismatch`.
    func change(
        _ id: Identifier, _ body: JSONObject, in context: WriteContext, ifVersion version: VersionCondition? = nil
    ) async throws -> Record {
        let scope = context.scope
        let body = try await namingInvoice(body, in: scope)
        return try await context.withTransaction(on: pool, resource: id) { transaction in
            guard let row = try await subscriptions.lock(.id(id), in: scope, transaction).first else {
                throw RepositoryError.notFound(
                    entity: TenantSubscription.entity.name, table: TenantSubscription.entity.table,
                    id: id.description)
            }
            try version?.require(try row.version)
            let change = try SubscriptionTransition(row, body, on: CalendarDate(of: context.now))
            var batch = try await batch(of: [change], body, in: context, transaction)
            try batch.back([change])
            batch.admit([change])
            let update = try batch.change(change)
            guard let changed = try await batch.run(transaction)[update].first else {
                throw RepositoryError.unexpected(sqlState: nil)
            }
            return subscriptions.entities.record(changed)
        }
    }

    /// Changes every row that matches, as ``change(_:_:in:ifVersion:)`` changes one.
    /// - Returns: How many.
    /// - Throws: ``SubscriptionError/tooManyReservations(limit:)`` above ``largestReservation``, and what `change` throws.
    func changeAll(_ condition: Where, _ body: JSONObject, in context: WriteContext) async throws -> Int {
        let scope = context.scope
        let body = try await namingInvoice(body, in: scope)
        return try await context.withTransaction(on: pool, resource: nil, as: condition.bulkWorkload) { transaction in
            let today = CalendarDate(of: context.now)
            let limit = EntityRepository.largestBulkChange
            let rows = try await subscriptions.lock(.condition(condition, limit: limit + 1), in: scope, transaction)
            guard rows.count <= limit else { throw RepositoryError.tooManyRows(limit: limit) }
            let changes = try rows.map { try SubscriptionTransition($0, body, on: today) }
            guard !changes.isEmpty else { return 0 }
            let reserving = changes.filter(\.needsPlace).sorted { $0.subscriber < $1.subscriber }
            guard reserving.count <= Self.largestReservation else {
                throw SubscriptionError.tooManyReservations(limit: Self.largestReservation)
            }
            var batch = try await batch(of: changes, body, in: context, transaction)
            try batch.back(changes)
            batch.admit(changes)
            // First what needs no place: it may leave places to the others.
            try batch.changeTogether(changes.filter { !$0.needsPlace })
            for change in reserving { _ = try batch.change(change) }
            _ = try await batch.run(transaction)
            return changes.count
        }
    }

    private func batch(
        of changes: [SubscriptionTransition], _ body: JSONObject, in context: WriteContext,
        _ transaction: PostgresTransaction
    ) async throws -> SubscriptionChangeBatch {
        let plans = Set(changes.filter(\.needsPlan).map(\.plan))
        return SubscriptionChangeBatch(
            entities: subscriptions.entities, values: try FieldValues(TenantSubscription.entity, json: body),
            plans: plans.isEmpty ? [:] : try await summaries.summaries(of: plans, in: transaction), quota: quota,
            context: context)
    }

    /// The body with our id of the invoice that it names. Its foreign key would accept any.
    private func namingInvoice(_ body: JSONObject, in scope: TenantScope) async throws -> JSONObject {
        guard let name = body[TenantSubscription.invoiceID]?.stringValue else { return body }
        var body = body
        body[TenantSubscription.invoiceID] = .identifier(try await invoices.require(name, in: scope))
        return body
    }

    /// Restores a deleted subscription. One that is active or pending takes a place of its tenant's quota again; no event
    /// is published, as there was one when it became active.
    /// - Throws: ``SubscriptionError/quotaExceeded(_:)``; ``SubscriptionError/invoiceInUse`` when its invoice was used for
    ///   another subscription meanwhile; `RepositoryError.notFound` when no deleted row has the id.
    func restore(_ id: Identifier, in context: WriteContext) async throws -> Record {
        do throws(RepositoryError) {
            return try await subscriptions.entities.restoreByID(
                id, in: context,
                alongside: [subscriptions.reserveAgain(id, general: quota, on: CalendarDate(of: context.now))]
                    + InvoiceBacking.check(ofRestored: id))
        } catch {
            if case .unexpected(sqlState: SubscriptionQuota.exhausted) = error {
                let own = try await subscriptions.planLimit(of: id, in: context.scope)
                throw SubscriptionError.quotaExceeded(SubscriptionQuota(general: quota, plan: own))
            }
            // The statement that found no deleted row and the one that found the invoice in use fail alike.
            if case .notFound = error, try await InvoiceBacking.isTaken(ofDeleted: id, in: context.scope, on: pool) {
                throw SubscriptionError.invoiceInUse
            }
            throw error
        }
    }
}
