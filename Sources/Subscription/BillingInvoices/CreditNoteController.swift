import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operations of credit notes.
struct CreditNoteController: Sendable {
    let service: CreditNoteService
    let crud: CRUDOperations
    let catalog: EntityCatalog
    let views: ViewPermissions
    let limits: QueryLimits

    static let path = "/credit-notes"
    private static let entity = CreditNoteRow.entity
    private static let ofInvoice = "\(InvoiceActionController.path)/{id}/credit-notes"

    var operations: [Operation] { [crud.find(), crud.count(), crud.findByID(), create(), list()] }

    private func create() -> Operation {
        Operation(
            .post, Self.ofInvoice, id: "CreditNoteController.create", summary: "Correct an invoice by a credit note",
            access: BillingInvoicePolicy.act, parameters: [.id], requestBody: CreditNoteSchemas.new,
            responses: [
                .init(
                    .created, "The credit note with its lines", schema: Self.entity.schemaWithRelations,
                    headers: [.location, .eTag])
            ],
            failures: [
                .notFound: InvoiceActionController.missing,
                .conflict:
                    "The status of the invoice does not allow it, the invoice is credited in full, or there is no payment to refund (INVOICE_STATE)",
            ],
            idempotency: .recover { recovery in
                let note = try await service.notes.withLines(try recovery.created(), in: recovery.scope)
                return try Self.created(note)
            },
            handler: .scoped { call in
                let request = CreditNoteRequest(try call.request.object())
                return try Self.created(
                    try await service.issue(request, on: try call.request.identifier(), in: call.writeContext))
            })
    }

    private static func created(_ note: Record) throws -> OperationResponse {
        .created(note.json, version: try note.version, location: "\(path)/\(try note.id)")
    }

    private func list() -> Operation {
        Operation(
            .get, Self.ofInvoice, id: "CreditNoteController.findByInvoice",
            summary: "List the credit notes of an invoice",
            access: BillingInvoicePolicy.view,
            parameters: [.id, .filter(Self.entity, limits), .cursor, .preferCount],
            responses: [
                .init(
                    .ok, "Array of CreditNote", schema: .array(of: Self.entity.schemaWithRelations),
                    headers: [.link, .totalCount, .preferenceApplied])
            ],
            failures: [.notFound: InvoiceActionController.missing],
            handler: .scoped { call in
                let id = try call.request.identifier()
                let list = try ListQuery(call, of: Self.entity, in: catalog, limits: limits, views: views)
                let invoices = service.invoices.repository.invoices
                guard try await invoices.count(.equals(Entity.id, id), in: call.scope) == 1 else {
                    throw HTTPFailure.entityNotFound
                }
                return try await list.page(
                    of: service.notes.notes, where: .equals(CreditNoteRow.invoiceID, id), for: call)
            })
    }
}
