import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operations of subscriptions.
struct SubscriptionController: Sendable {
    let crud: CRUDOperations
    let lifecycle: SubscriptionLifecycle
    let subscriptions: SubscriptionRepository
    let invoices: InvoiceRepository
    let limits: QueryLimits
    let clock: any WallClock
    /// The body of `POST /subscriptions`.
    let newSchema: Schema

    var operations: [Operation] {
        [
            create(), transitions(), crud.count(), expireSoon(), expired(), crud.find(), updateAll(), crud.findByID(),
            updateByID(), replaceByID(), crud.deleteByID(), restoreByID(),
            invoice(),
        ]
    }

    private func create() -> Operation {
        Operation(
            .post, "/subscriptions", id: "SubscriptionController.create",
            summary: "Subscribe a tenant to a plan, starting today, with a draft invoice for the first period",
            access: SubscriptionPolicy.access.create, requestBody: newSchema,
            responses: [
                .init(
                    .created, "The new Subscription", schema: TenantSubscription.entity.schema,
                    headers: [.location, .eTag])
            ],
            failures: [
                .notFound: "The plan or the invoice does not exist, or the subscriber is another tenant",
                .forbidden: "A tenant's own user asks for another status than PENDING, or names an invoice",
                .conflict: Self.conflict,
            ],
            idempotency: .recover { recovery in
                let record = try await subscriptions.entities.findByID(try recovery.created(), in: recovery.scope)
                return try .created(record, location: "/subscriptions/\(try record.id)")
            },
            handler: .scoped { call in
                let new = try NewSubscription(try call.request.object())
                let record = try await lifecycle.create(new, in: call.writeContext)
                return try .created(record, location: "/subscriptions/\(try record.id)")
            })
    }

    /// `GET /subscriptions/transitions`: the statuses of subscriptions as a table.
    private func transitions() -> Operation {
        Operation(
            .get, "/subscriptions/transitions", id: "SubscriptionController.transitions",
            summary:
                "The statuses of subscriptions, what leads from one to another, and which action is possible where",
            access: SubscriptionPolicy.access.view,
            responses: [.init(.ok, "Statuses, changes and actions", schema: SubscriptionStateChange.schema)],
            handler: .scoped { _ in .json(SubscriptionStateChange.json.serialized()) })
    }

    private static let conflict =
        "The tenant does not exist or cannot subscribe, it has as many active or pending subscriptions as it may have, the invoice backs another subscription, the status cannot become this one (SUBSCRIPTION_STATE), or the billing engine decides (SUBSCRIPTION_BILLED)"

    /// A live subscription that comes back needs a place again.
    private func restoreByID() -> Operation {
        var operation = crud.restoreByID()
        operation.failures[.conflict] = Self.conflict
        operation.handler = .scoped { call in
            guard let id = Identifier(call.request.pathParameter("id")) else { throw HTTPFailure.entityNotFound }
            let record = try await lifecycle.restore(id, in: call.writeContext)
            return try .entity(record, for: call.request)
        }
        return operation
    }

    // MARK: Changes

    private func updateAll() -> Operation {
        var operation = crud.updateAll()
        operation.requestBody = TenantSubscription.changeSchema
        operation.failures[.conflict] = Self.conflict
        let update = operation.handler
        operation.handler = .scoped { call in
            let body = try call.request.object()
            try Self.checkDates(body)
            let condition = try Where.parse(
                QueryParameter.all(call.request.query), for: TenantSubscription.entity, limits: limits)
            // Without a condition the common operation refuses.
            guard SubscriptionLifecycle.concerns(body), let condition else { return try await update.run(call) }
            try condition.checkBulkChange(of: TenantSubscription.entity)
            return .count(try await lifecycle.changeAll(condition, body, in: call.writeContext))
        }
        return operation
    }

    private func updateByID() -> Operation {
        var operation = changing(crud.updateByID())
        operation.requestBody = TenantSubscription.changeSchema
        return operation
    }

    private func replaceByID() -> Operation {
        var operation = changing(crud.replaceByID())
        operation.requestBody = TenantSubscription.replacementSchema
        return operation
    }

    /// A change of one row, which goes through the lifecycle when it may take a place of the quota. A replacement contains all
    /// fields, so it is the same as a change.
    private func changing(_ original: Operation) -> Operation {
        var operation = original
        operation.failures[.conflict] = Self.conflict
        let update = original.handler
        let replaces = original.method == .put
        operation.handler = .scoped { call in
            let body = try call.request.object()
            try Self.checkDates(body)
            guard SubscriptionLifecycle.concerns(body) else { return try await update.run(call) }
            let id = call.request.pathParameter("id")
            guard let row = Identifier(id) else {
                throw HTTPFailure.entityNotFound(model: TenantSubscription.entity.table, id: id)
            }
            if replaces, let named = body[Entity.id]?.stringValue, Identifier(named) != row {
                throw RepositoryError.identifierChanged(from: id, to: named)
            }
            return try .changed(
                try await lifecycle.change(
                    row, body, in: call.writeContext, ifVersion: try call.request.versionCondition()),
                for: call.request)
        }
        return operation
    }

    /// Dates of the calendar in their right order; ISO 8601 dates sort as texts.
    private static func checkDates(_ body: JSONObject) throws(HTTPFailure) {
        guard let start = body.value(of: TenantSubscription.startDate),
            let end = body.value(of: TenantSubscription.endDate), end < start
        else { return }
        throw .invalidField(TenantSubscription.endDate.path, code: "order", "must not be before startDate")
    }

    // MARK: Invoice

    /// The original answers 403 to everybody (docs/contract/arc-api.md 6.3).
    private func invoice() -> Operation {
        Operation(
            .get, "/subscriptions/{id}/invoice", id: "SubscriptionInvoiceController.getInvoice",
            summary: "The invoice of a subscription, with its lines",
            access: SubscriptionPolicy.access.view, parameters: [.id, .ifNoneMatch],
            responses: [
                .init(.ok, "The Invoice", schema: Invoice.entity.schemaWithRelations, headers: [.eTag]),
                .init(.notModified, "The client has the current representation (If-None-Match)", headers: [.eTag]),
            ],
            failures: [.notFound: "There is no such Subscription, it has no invoice yet, or its invoice was deleted"],
            handler: .scoped { call in
                let id = try call.request.identifier()
                do {
                    let subscription = try await subscriptions.entities.findByID(id, in: call.scope)
                    // There is none during a trial, or before the start.
                    guard let id = try subscription[ifPresent: TenantSubscription.invoiceID] else {
                        throw HTTPFailure.entityNotFound
                    }
                    let invoice = try await invoices.withLines(id, in: call.scope)
                    return try .entity(invoice.json, version: try invoice.version, for: call.request)
                } catch RepositoryError.notFound {
                    throw HTTPFailure.entityNotFound
                }
            })
    }
}
