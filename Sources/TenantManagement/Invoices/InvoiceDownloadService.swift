import Entities
import NIOCore
import PDFDocuments
import Primitives
import ServicePlatform

/// Prints invoices. Nothing is written to disk; each download shows the row as it is then.
struct InvoiceDownloadService: Sendable {
    let invoices: EntityRepository
    let printer: DocumentPrinter

    /// The invoice as PDF.
    /// - Throws: ``InvoiceDownloadError``, ``PrintingError``.
    func document(_ id: Identifier, in scope: TenantScope) async throws -> ByteBuffer {
        let document = try await contents(id, in: scope).document(fontFamily: printer.fontFamily)
        return try await printer.draw(document, kind: "invoice", id: id)
    }

    private func contents(_ id: Identifier, in scope: TenantScope) async throws -> InvoiceContents {
        let tenant = Inclusion(Invoice.tenant, scope: Filter(include: [Inclusion(Tenant.address)]))
        do {
            return try InvoiceContents(
                try await invoices.findByID(id, filter: Filter(include: [tenant]), in: scope))
        } catch RepositoryError.notFound {
            throw InvoiceDownloadError.invoiceNotFound
        }
    }
}
