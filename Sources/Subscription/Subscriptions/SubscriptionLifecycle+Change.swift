import Billing
import Entities
import JSONCoding
import MessageBus
import PostgresClient
import Primitives

/// Changes that may make subscriptions live: they take places of the tenant's quota and are published.
extension SubscriptionLifecycle {
    /// Whether a change has to come here: it may take a place of somebody's quota, changes a status, names an invoice, perhaps by
    /// the provider's id, or would change what the engine decides. All others are plain updates.
    static func concerns(_ body: JSONObject) -> Bool { member(body) != nil }

    /// The first such member of a body.
    private static func member(_ body: JSONObject) -> String? {
        let fields: [any EntityField] = [
            TenantSubscription.status, TenantSubscription.planID, TenantSubscription.subscriberID,
            TenantSubscription.startDate, TenantSubscription.endDate, TenantSubscription.invoiceID,
        ]
        return fields.first { body[$0.name] != nil }?.name
    }

    /// Refuses what would change what the engine decides, and illegal changes of the status.
    private func check(
        _ rows: [Record], _ body: JSONObject, _ transaction: PostgresTransaction
    ) async throws {
        let ids = try rows.map { try $0.id }
        let billed = try await subscriptions.billedByEngine(ids, transaction)
        let target = body.value(of: TenantSubscription.status)
        for row in rows {
            if billed.contains(try row.id), let member = try Self.difference(row, body) {
                throw SubscriptionError.billedByEngine(member: member)
            }
            try SubscriptionStateChange.check(from: try? row[TenantSubscription.status], to: target)
        }
    }

    /// The first such member of a body that differs from the row: what a replacement only repeats is no change.
    private static func difference(_ row: Record, _ body: JSONObject) throws -> String? {
        let members = try row.members()
        var rest = body
        while let name = member(rest) {
            if body[name] != members[name] { return name }
            rest[name] = nil
        }
        return nil
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
            try await check([row], body, transaction)
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
            try await check(Array(rows), body, transaction)
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
                    + InvoiceBacking.check(ofRestored: id) + [SubscriptionRepository.billAgain(id)])
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
