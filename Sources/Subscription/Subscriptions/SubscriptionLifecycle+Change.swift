import Billing
import Entities
import HTTPTypes
import JSONCoding
import MessageBus
import PostgresClient
import Primitives
import ServiceKit

/// Changes that may make subscriptions live: they take places of the tenant's quota, and others are told.
extension SubscriptionLifecycle {
    /// Whether a change has to come here: it may take a place of somebody's quota, or names an invoice, perhaps by the
    /// provider's id. All others are plain updates.
    static func concerns(_ body: JSONObject) -> Bool {
        if body["invoiceId"] != nil { return true }
        guard let status = body["status"]?.intValue.flatMap({ TenantSubscription.Status(rawValue: $0) }) else {
            return ["planId", "subscriberId", "endDate"].contains { body[$0] != nil }
        }
        return status.mayBeLive
    }

    /// Rows that may take places in one request: for each tenant a lock is held until its end.
    static let largestReservation = 1000

    private static let tooManyReservations = HTTPFailure(
        .unprocessableContent, name: "UnprocessableEntityError",
        message: .string(
            "More than \(largestReservation) subscriptions would take a place of a quota. Narrow the condition."),
        code: "TOO_MANY_ROWS")

    /// Changes a row. `SUBSCRIPTION_ACTIVATED` is published, in the same transaction, when it becomes ACTIVE and was not:
    /// the row is locked before its status is looked at, so that of two who activate it, it is told once.
    /// - Parameter body: Members to change, checked against the entity's schema.
    /// - Throws: 412 when the row is not at a version that the request names; 404 when the row, or the invoice, is not
    ///   there; 409 when the row needs a place and none is left.
    func change(
        _ id: Identifier, _ body: JSONObject, in scope: TenantScope, for request: OperationRequest
    ) async throws -> Record {
        let condition = try request.versionCondition()
        let body = try await namingInvoice(body, in: scope)
        return try await pool.withTransaction(settings: scope.settings) { transaction in
            guard let row = try await subscriptions.lock(.id(id), in: scope, transaction).first else {
                throw RepositoryError.notFound(
                    entity: TenantSubscription.entity.name, table: TenantSubscription.entity.table,
                    id: id.description)
            }
            try condition?.require(try row.version)
            let change = try SubscriptionTransition(row, body, on: CalendarDate(of: clock.now()))
            var batch = try await batch(of: [change], body, in: scope, for: request, transaction)
            let update = try batch.change(change)
            guard let changed = try await batch.run(transaction)[update].first else {
                throw RepositoryError.unexpected(sqlState: nil)
            }
            return subscriptions.entities.record(changed)
        }
    }

    /// Changes every row that matches, as ``change(_:_:in:for:)`` changes one.
    /// - Returns: How many.
    /// - Throws: 422 when more rows than ``largestReservation`` need a place; 404 when the invoice is not there; 409 when
    ///   a row needs a place and none is left.
    func changeAll(
        _ condition: Where, _ body: JSONObject, in scope: TenantScope, for request: OperationRequest
    ) async throws -> Int {
        let body = try await namingInvoice(body, in: scope)
        return try await pool.withTransaction(settings: scope.settings, as: condition.bulkWorkload) { transaction in
            let today = CalendarDate(of: clock.now())
            let changes = try await subscriptions.lock(.condition(condition), in: scope, transaction).map {
                try SubscriptionTransition($0, body, on: today)
            }
            guard !changes.isEmpty else { return 0 }
            let reserving = changes.filter(\.needsPlace).sorted { $0.subscriber < $1.subscriber }
            guard reserving.count <= Self.largestReservation else { throw Self.tooManyReservations }
            var batch = try await batch(of: changes, body, in: scope, for: request, transaction)
            // First what needs no place: it may leave places to the others.
            try batch.changeTogether(changes.filter { !$0.needsPlace })
            for change in reserving { _ = try batch.change(change) }
            _ = try await batch.run(transaction)
            return changes.count
        }
    }

    private func batch(
        of changes: [SubscriptionTransition], _ body: JSONObject, in scope: TenantScope, for request: OperationRequest,
        _ transaction: PostgresTransaction
    ) async throws -> SubscriptionChangeBatch {
        let plans = Set(changes.filter(\.needsPlan).map(\.plan))
        return SubscriptionChangeBatch(
            entities: subscriptions.entities, values: try FieldValues(TenantSubscription.entity, json: body),
            plans: plans.isEmpty ? [:] : try await summaries.summaries(of: plans, in: transaction), quota: quota,
            instant: clock.now(), scope: scope, traceparent: request.traceparent)
    }

    /// The body with our id of the invoice that it names. A foreign key is blind to whose the invoice is: to a tenant's
    /// users another tenant's does not exist.
    private func namingInvoice(_ body: JSONObject, in scope: TenantScope) async throws -> JSONObject {
        guard let name = body["invoiceId"]?.stringValue else { return body }
        var body = body
        body["invoiceId"] = .identifier(try await invoices.require(name, of: scope.tenantId, in: scope))
        return body
    }

    /// Takes the deletion of a subscription back. One that is live takes a place of its tenant's quota again; nobody is
    /// told, as it was told when it became active.
    /// - Throws: 404 when no deleted row has the id; 409 when no place is left.
    func restore(_ id: Identifier, in scope: TenantScope, for request: OperationRequest) async throws -> Record {
        do throws(RepositoryError) {
            return try await subscriptions.entities.restoreById(
                id, in: scope,
                alongside: [
                    subscriptions.reserveAgain(id, general: quota, on: CalendarDate(of: clock.now()))
                ] + request.alongside(resource: id))
        } catch {
            guard case .unexpected(sqlState: SubscriptionQuota.exhausted) = error else { throw error }
            throw SubscriptionQuota(general: quota, plan: nil).failure
        }
    }
}
