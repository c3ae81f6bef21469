import Entities
import HTTPTypes
import NIOCore
import Primitives
import ServiceKit

/// The HTTP operations of documents.
struct InvoiceDocumentController: Sendable {
    let service: InvoiceDocumentService

    var operations: [Operation] {
        [BillingDocument.Kind.invoice, .creditNote].flatMap { kind in
            [pdf(kind)] + InvoiceDocumentService.Format.allCases.map { electronic(kind, $0) }
        }
    }

    private func pdf(_ kind: BillingDocument.Kind) -> Operation {
        Operation(
            .get, "\(Self.path(of: kind))/{id}/pdf", id: "\(Self.controller(of: kind)).pdf",
            summary: "Download \(Self.noun(of: kind)) as PDF",
            access: BillingInvoicePolicy.view, parameters: [.id, .ifNoneMatch],
            responses: [
                .init(
                    .ok, "The document as a PDF file; a draft is marked as such", mediaType: "application/pdf",
                    headers: [.contentDisposition, .eTag]),
                Self.unchanged,
            ],
            failures: [
                .notFound: "There is no such \(kind == .invoice ? "Invoice" : "CreditNote")",
                .unprocessableContent: "It has no amounts, or is too long to be drawn",
            ],
            handler: .scoped { call in
                try Self.response(
                    try await service.pdf(try call.request.identifier(), kind, in: call.scope), "application/pdf",
                    for: call.request)
            })
    }

    private func electronic(_ kind: BillingDocument.Kind, _ format: InvoiceDocumentService.Format) -> Operation {
        Operation(
            .get, "\(Self.path(of: kind))/{id}/\(format.rawValue)",
            id: "\(Self.controller(of: kind)).\(format == .ubl ? "ubl" : "facturX")",
            summary: "Download \(Self.noun(of: kind)) as \(format == .ubl ? "UBL 2.1" : "Factur-X data") (EN 16931)",
            access: BillingInvoicePolicy.view, parameters: [.id, .ifNoneMatch],
            responses: [
                .init(.ok, "The document as XML", mediaType: "application/xml", headers: [.contentDisposition, .eTag]),
                Self.unchanged,
            ],
            failures: [
                .notFound: "There is no such \(kind == .invoice ? "Invoice" : "CreditNote")",
                .conflict: "It lacks something that the standard requires (INVOICE_INCOMPLETE)",
                .unprocessableContent: "It has no amounts",
            ],
            handler: .scoped { call in
                try Self.response(
                    try await service.electronic(try call.request.identifier(), kind, as: format, in: call.scope),
                    "application/xml", for: call.request)
            })
    }

    private static func noun(of kind: BillingDocument.Kind) -> String {
        kind == .invoice ? "an invoice" : "a credit note"
    }

    private static let unchanged = OperationResponseDescription(
        .notModified, "The client has the current document (If-None-Match)", headers: [.eTag])

    private static func response(
        _ file: InvoiceDocumentService.File, _ type: String, for request: OperationRequest
    ) throws(HTTPFailure) -> OperationResponse {
        let tag = EntityTag(version: 1, content: Array(file.bytes.readableBytesView))
        var headers: HTTPFields = [.cacheControl: "private, no-cache", .eTag: tag.text]
        guard try !request.has(tag) else { return OperationResponse(status: .notModified, headers: headers, body: nil) }
        headers[.contentDisposition] = "attachment; filename=\"\(file.name)\""
        return OperationResponse(status: .ok, headers: headers, body: file.bytes, mediaType: type)
    }

    static func path(of kind: BillingDocument.Kind) -> String {
        kind == .invoice ? "/billing-invoices" : "/credit-notes"
    }

    static func controller(of kind: BillingDocument.Kind) -> String {
        kind == .invoice ? "InvoiceActionController" : "CreditNoteController"
    }
}
