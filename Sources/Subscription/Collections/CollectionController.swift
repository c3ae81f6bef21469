import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operations of collecting invoices.
struct CollectionController: Sendable {
    let service: CollectionService
    let payments: EntityRepository
    let catalog: EntityCatalog
    let views: ViewPermissions
    let limits: QueryLimits

    private static let path = "/billing-invoice/{invoiceId}"
    private static let id = OperationParameter(
        "invoiceId", in: .path, schema: .string(), description: "Internal id of the invoice, or the provider's id")
    private static let missing = "There is no such Invoice, or nobody collects it"

    var operations: [Operation] {
        [attempts(), list(), read(), collect(), pause(), resume(), changeMethod()]
    }

    private func attempts() -> Operation {
        let entity = Payment.entity
        return Operation(
            .get, "\(Self.path)/payments", id: "BillingInvoiceController.findPayments",
            summary: "List the payments of an invoice, the newest first: also those that have failed",
            access: CollectionPolicy.view, parameters: [Self.id, .filter(entity, limits), .cursor, .preferCount],
            responses: [
                .init(
                    .ok, "Array of Payment", schema: .array(of: entity.schema),
                    headers: [.link, .totalCount, .preferenceApplied])
            ],
            failures: [.notFound: "There is no such Invoice"],
            handler: .scoped { call in
                let list = try ListQuery(
                    call, of: entity, in: catalog, limits: limits, views: views,
                    order: [Order(AuditBlock.createdOn, descending: true)])
                let invoice = try await service.invoice(call.request.pathParameter("invoiceId"), in: call.scope)
                return try await list.page(of: payments, where: .equals(Payment.invoiceID, invoice.id), for: call)
            })
    }

    private func list() -> Operation {
        let entity = InvoiceCollection.entity
        return Operation(
            .get, "/invoice-collections", id: "InvoiceCollectionController.find",
            summary: "List how far collecting invoices is",
            access: CollectionPolicy.view, parameters: [.filter(entity, limits), .cursor, .preferCount],
            responses: [
                .init(
                    .ok, "Array of InvoiceCollection", schema: .array(of: entity.schema),
                    headers: [.link, .totalCount, .preferenceApplied])
            ],
            handler: .scoped { call in
                let list = try ListQuery(call, of: entity, in: catalog, limits: limits, views: nil)
                return try await list.page(of: service.collections, for: call)
            })
    }

    private func read() -> Operation {
        Operation(
            .get, "\(Self.path)/collection", id: "InvoiceCollectionController.findByInvoice",
            summary: "How far collecting an invoice is",
            access: CollectionPolicy.view, parameters: [Self.id, .ifNoneMatch],
            responses: [
                .init(.ok, "The collection", schema: InvoiceCollection.entity.schema, headers: [.eTag]),
                .init(.notModified, "The client has the current representation (If-None-Match)", headers: [.eTag]),
            ],
            failures: [.notFound: Self.missing],
            handler: .scoped { call in
                let record = try await service.collection(
                    of: call.request.pathParameter("invoiceId"), in: call.scope)
                return try .entity(record.json, version: try record.version, for: call.request)
            })
    }

    private func collect() -> Operation {
        command(
            "collect", "Pay an invoice by the tenant's payment source now, beside the schedule",
            "The invoice is not to be paid any more (INVOICE_CLOSED), a payment is under way (PAYMENT_IN_PROGRESS), or collecting it is paused (COLLECTION_PAUSED)"
        ) { try await service.collectNow($0, in: $1) }
    }

    private func pause() -> Operation {
        command(
            "collection/pause", "Stop payments and reminders of an invoice",
            "The invoice is not to be paid any more (INVOICE_CLOSED)"
        ) { try await service.pause($0, true, in: $1) }
    }

    private func resume() -> Operation {
        command(
            "collection/resume", "Go on with payments and reminders of an invoice",
            "The invoice is not to be paid any more (INVOICE_CLOSED)"
        ) { try await service.pause($0, false, in: $1) }
    }

    private func command(
        _ name: String, _ summary: String, _ conflict: String,
        _ perform: @escaping @Sendable (String, WriteContext) async throws -> Identifier
    ) -> Operation {
        let action = name.split(separator: "/").last.map(String.init) ?? name
        return Operation(
            .post, "\(Self.path)/\(name)", id: "InvoiceCollectionController.\(action)", summary: summary,
            access: CollectionPolicy.manage, parameters: [Self.id],
            responses: [.init(.ok, "The collection as it is now", schema: InvoiceCollection.entity.schema)],
            failures: [.notFound: Self.missing, .conflict: conflict],
            idempotency: .recover { recovery in
                .json(try await service.read(try recovery.created(), in: recovery.scope).json)
            },
            handler: .scoped { call in
                let id = try await perform(call.request.pathParameter("invoiceId"), call.writeContext)
                return .json(try await service.read(id, in: call.scope).json)
            })
    }

    private static let methodSchema = Schema.object(
        [.init("collectionMethod", CollectionMethod.schema.nullable(), required: true)],
        name: "SubscriptionCollectionMethod")

    private func changeMethod() -> Operation {
        Operation(
            .post, "/subscriptions/{id}/collection", id: "SubscriptionController.collection",
            summary: "Say how invoices of a subscription are collected from now on; null: by nobody",
            access: CollectionPolicy.changeMethod, parameters: [.id], requestBody: Self.methodSchema,
            responses: [.init(.noContent, "Invoices that are issued from now on are collected like this")],
            failures: [.notFound: "There is no such Subscription, or the billing engine does not bill it"],
            idempotency: .recover { _ in .noContent },
            handler: .scoped { call in
                let id = try call.request.identifier()
                let method = try call.request.object()["collectionMethod"]?.stringValue
                try await service.change(
                    id, to: method.flatMap { CollectionMethod(rawValue: $0) }, in: call.writeContext)
                return .noContent
            })
    }
}
