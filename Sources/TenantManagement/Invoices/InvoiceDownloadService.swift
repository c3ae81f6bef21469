import Entities
import Logging
import NIOCore
import PDFDocuments
import Primitives

/// Prints invoices. Nothing is written to disk; each download shows the row as it is then.
struct InvoiceDownloadService: Sendable {
    let invoices: EntityRepository
    let renderer: PDFRenderer
    let fontFamily: String
    let logger: Logger

    /// The invoice as PDF.
    /// - Throws: ``InvoiceDownloadError``.
    func document(_ id: Identifier, in scope: TenantScope) async throws -> ByteBuffer {
        let document = try await contents(id, in: scope).document(fontFamily: fontFamily)
        do {
            let output = try await renderer.render(document)
            for missing in output.missing {
                logger.warning(
                    "An invoice has characters that no installed font has; install a font for their script",
                    metadata: [
                        "invoiceId": "\(id)", "script": "\(missing.script)", "count": "\(missing.count)",
                        "examples": "\(missing.examples.joined(separator: " "))",
                    ])
            }
            return ByteBuffer(bytes: output.bytes)
        } catch {
            switch error {
            case .cancelled: throw CancellationError()
            case .busy, .stopped: throw InvoiceDownloadError.busy
            default:
                logger.error("An invoice could not be drawn", metadata: ["invoiceId": "\(id)", "error": "\(error)"])
                throw InvoiceDownloadError.notDrawn
            }
        }
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
