import Entities
import Logging
import NIOCore
import NIOPosix
import PDFDocuments
import Primitives
import ServiceKit

/// Prints invoices. Nothing is written to disk; each download shows the row as it is then.
struct InvoiceDownloadService: Sendable {
    let invoices: EntityRepository
    let renderer: PDFRenderer
    /// Whether a font was found, so that its failure is worth a warning.
    let expectsFont: Bool
    let logger: Logger

    /// The invoice as PDF.
    /// - Throws: 404 when there is none that the caller may see; 503 when it cannot be drawn.
    func document(_ id: Identifier, in scope: TenantScope) async throws -> ByteBuffer {
        let contents = try await contents(id, in: scope)
        do {
            // Drawing blocks for milliseconds; the threads that serve requests must not wait for it.
            let document = try await NIOThreadPool.singleton.runIfActive { [renderer] in
                try renderer.render(title: "Invoice \(contents.id)") { InvoicePage(contents: contents).draw($0) }
            }
            if expectsFont, !document.hasFont {
                logger.warning("The font of invoices could not be read; Western European letters only are shown")
            }
            return ByteBuffer(bytes: document.bytes)
        } catch let error as PDFError {
            logger.error("An invoice could not be drawn", metadata: ["invoiceId": "\(id)", "error": "\(error)"])
            throw HTTPFailure.unavailable()
        }
    }

    private func contents(_ id: Identifier, in scope: TenantScope) async throws -> InvoiceContents {
        let tenant = Inclusion("tenant", scope: Filter(include: [Inclusion("address")]))
        do {
            return try InvoiceContents(
                try await invoices.findById(id, filter: Filter(include: [tenant]), in: scope))
        } catch RepositoryError.notFound {
            throw HTTPFailure.entityNotFound
        }
    }
}
