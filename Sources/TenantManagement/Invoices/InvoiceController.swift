import Entities
import HTTPTypes
import PostgresClient
import ServiceKit

/// The HTTP operations of invoices (docs/contract/arc-api.md 5.5).
struct InvoiceController: Sendable {
    let crud: CRUDOperations
    let downloads: InvoiceDownloadService

    /// A tenant's own users read their invoices; only operators decide what they owe.
    var operations: [Operation] {
        crud.all() + [download(), downloadWithoutID()]
    }

    private func download() -> Operation {
        Operation(
            .get, "/invoices/{id}/download", id: "InvoiceController.downloadInvoiceById",
            summary: "Download an invoice as PDF",
            access: InvoicePolicy.download, parameters: [.id],
            responses: [
                .init(.ok, "The invoice as a PDF file", mediaType: "application/pdf", headers: [.contentDisposition])
            ],
            failures: [.notFound: "There is no such Invoice"],
            handler: .scoped { call in
                let id = try call.request.identifier()
                return OperationResponse(
                    status: .ok,
                    headers: [
                        .contentDisposition: "attachment; filename=\"invoice-\(id).pdf\"",
                        .cacheControl: "private, no-cache",
                    ],
                    body: try await downloads.document(id, in: call.scope), mediaType: "application/pdf")
            })
    }

    /// The original's path, which names no invoice and returns 400 there too.
    private func downloadWithoutID() -> Operation {
        Operation(
            .get, "/invoices/download", id: "InvoiceController.downloadInvoice",
            summary: "Not supported: use /invoices/{id}/download",
            access: InvoicePolicy.downloadWithoutID, responses: [],
            failures: [.badRequest: "Always"],
            handler: .authenticated { _ in
                throw HTTPFailure.badRequest(
                    "Required parameter id is missing! Use GET /invoices/{id}/download.",
                    code: "MISSING_REQUIRED_PARAMETER")
            })
    }
}
