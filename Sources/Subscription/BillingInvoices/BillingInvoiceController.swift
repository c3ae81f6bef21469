import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operations of invoices that customers are billed with (docs/contract/arc-api.md 6.9).
struct BillingInvoiceController: Sendable {
    let service: BillingInvoiceService
    let payments: InvoicePaymentService

    private static let path = "/billing-invoice"
    private static let id = OperationParameter(
        "invoiceId", in: .path, schema: .string(), description: "Internal id of the invoice, or the provider's id")
    private static let missing = "There is no such Invoice"

    /// A tenant's own users read their invoices, and announce payments that stay pending until an operator or the provider
    /// confirms them. They do not decide how much they owe.
    var operations: [Operation] {
        [create(), read(), update(), delete(), pay()]
    }

    private func create() -> Operation {
        Operation(
            .post, Self.path, id: "BillingInvoiceController.create", summary: "Create an invoice for a customer",
            access: BillingInvoicePolicy.create, requestBody: InvoiceSchemas.new,
            responses: [
                .init(
                    .created, "The invoice; `id` is the internal id", schema: InvoiceSchemas.invoice,
                    headers: [.location, .eTag])
            ],
            failures: [.notFound: "There is no such customer"],
            idempotency: .recover { recovery in
                let id = try recovery.created()
                let (version, json) = try await service.read(id.description, in: recovery.scope)
                return Self.created(id, version, json)
            },
            handler: .scoped { call in
                let (id, version, json) = try await service.create(
                    try call.request.object(), key: call.request.idempotencyKey, in: call.writeContext)
                return Self.created(id, version, json)
            })
    }

    private static func created(_ id: Identifier, _ version: Int64, _ json: JSONObject) -> OperationResponse {
        .created(JSONValue.object(json).serialized(), version: version, location: "\(path)/\(id)")
    }

    private func read() -> Operation {
        Operation(
            .get, "\(Self.path)/{invoiceId}", id: "BillingInvoiceController.getInvoice",
            summary: "Read an invoice of the billing provider",
            access: BillingInvoicePolicy.view,
            parameters: [Self.id, .ifNoneMatch],
            responses: [
                .init(.ok, "The invoice", schema: InvoiceSchemas.invoice, headers: [.eTag]),
                .init(.notModified, "The client has the current representation (If-None-Match)", headers: [.eTag]),
            ],
            failures: [.notFound: Self.missing],
            handler: .scoped { call in
                let (version, json) = try await service.read(
                    call.request.pathParameter("invoiceId"), in: call.scope)
                return try .entity(
                    JSONValue.object(json).serialized(), version: version, for: call.request)
            })
    }

    private func update() -> Operation {
        Operation(
            .patch, "\(Self.path)/{invoiceId}", id: "BillingInvoiceController.updateById",
            summary: "Change options and shipping address of an invoice",
            access: BillingInvoicePolicy.update,
            parameters: [Self.id, .ifMatch, .preferReturn], requestBody: InvoiceSchemas.changes,
            responses: [
                .init(.noContent, "Changed", headers: [.eTag]),
                .init(
                    .ok, "The changed invoice, with Prefer: return=representation", schema: InvoiceSchemas.invoice,
                    headers: [.eTag, .preferenceApplied]),
            ],
            failures: [.notFound: Self.missing, .preconditionFailed: CRUDOperations.preconditionFailure],
            handler: .scoped { call in
                let (id, version) = try await service.update(
                    call.request.pathParameter("invoiceId"), try call.request.object(), in: call.writeContext,
                    ifVersion: try call.request.versionCondition())
                return try await .changed(version: version, for: call.request) {
                    JSONValue.object(try await service.read(id.description, in: call.scope).json).serialized()
                }
            })
    }

    /// The original requires the permission of payment sources; 5333 was meant.
    private func delete() -> Operation {
        Operation(
            .delete, "\(Self.path)/{invoiceId}", id: "BillingInvoiceController.deleteById",
            summary: "Delete an invoice",
            access: BillingInvoicePolicy.delete,
            parameters: [Self.id, .ifMatch],
            responses: [.init(.noContent, "Deleted")],
            failures: [.notFound: Self.missing, .preconditionFailed: CRUDOperations.preconditionFailure],
            handler: .scoped { call in
                try await service.delete(
                    call.request.pathParameter("invoiceId"), in: call.writeContext,
                    ifVersion: try call.request.versionCondition())
                return .noContent
            }
        )
    }

    private func pay() -> Operation {
        Operation(
            .post, "\(Self.path)/{invoiceId}/payments", id: "BillingInvoiceController.applyPaymentForInvoice",
            summary: "Pay an invoice, or record a payment",
            access: BillingInvoicePolicy.pay,
            parameters: [Self.id], requestBody: InvoiceSchemas.payment,
            responses: [.init(.noContent, "The result is stored with the invoice, including failed payments")],
            failures: [
                .notFound: "There is no such Invoice, or no such payment source of its customer",
                .conflict: "The invoice is already paid or voided",
            ],
            idempotency: .recover { _ in .noContent },
            handler: .scoped { call in
                try await payments.pay(
                    call.request.pathParameter("invoiceId"), try call.request.object(),
                    key: call.request.idempotencyKey, in: call.writeContext)
                return .noContent
            })
    }
}
