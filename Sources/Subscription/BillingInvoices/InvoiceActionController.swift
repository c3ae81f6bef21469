import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operations of invoices as rows: reading them with all that explains them, and what operators do with them. (Those of the
/// contract are ``BillingInvoiceController``.)
struct InvoiceActionController: Sendable {
    let service: InvoiceActionService
    let crud: CRUDOperations
    let repository: InvoiceRepository

    static let path = "/billing-invoices"
    static let missing = "There is no such Invoice"

    /// What needs no billing provider.
    var operations: [Operation] { [crud.find(), crud.count(), read(), act(.void), act(.writeOff)] }

    /// A draft becomes an invoice at the provider.
    var issue: Operation { act(.issue) }

    private func read() -> Operation {
        Operation(
            .get, "\(Self.path)/{id}", id: "InvoiceActionController.findById",
            summary: "Read an invoice with its lines and their explanations, its payments and its credit notes",
            access: BillingInvoicePolicy.view, parameters: [.id, .ifNoneMatch],
            responses: [
                .init(.ok, "The invoice", schema: Invoice.entity.schemaWithRelations, headers: [.eTag]),
                .init(.notModified, "The client has the current representation (If-None-Match)", headers: [.eTag]),
            ],
            failures: [.notFound: Self.missing],
            handler: .scoped { call in
                let id = try call.request.identifier()
                do {
                    let invoice = try await repository.withEverything(id, in: call.scope)
                    return try .entity(invoice.json, version: try invoice.version, for: call.request)
                } catch RepositoryError.notFound {
                    throw HTTPFailure.entityNotFound
                }
            })
    }

    private func act(_ action: InvoiceAction) -> Operation {
        Operation(
            .post, "\(Self.path)/{id}/\(action.rawValue)", id: "InvoiceActionController.\(Self.name(of: action))",
            summary: Self.summary(of: action), access: BillingInvoicePolicy.act, parameters: [.id],
            responses: [.init(.ok, "The invoice as it is now", schema: Invoice.entity.schema, headers: [.eTag])],
            failures: [
                .notFound: Self.missing,
                .conflict: "The status does not allow it, which names the actions that are possible (INVOICE_STATE)",
            ],
            idempotency: .recover { recovery in
                try .entity(
                    try await repository.invoices.findByID(try recovery.created(), in: recovery.scope),
                    for: recovery.request)
            },
            handler: .scoped { call in
                try .entity(
                    try await service.perform(action, on: try call.request.identifier(), in: call.writeContext),
                    for: call.request)
            })
    }

    private static func name(of action: InvoiceAction) -> String {
        action == .writeOff ? "writeOff" : action.rawValue
    }

    private static func summary(of action: InvoiceAction) -> String {
        switch action {
        case .issue: "Issue a draft: it gets its number, and never changes again"
        case .void: "Void a draft, or an invoice that nobody has to pay"
        case .writeOff: "Write an invoice off as uncollectible; a payment takes that back"
        case .credit: "Correct an invoice"
        }
    }
}
