import Entities
import HTTPTypes
import JSONCoding
import Logging
import NIOCore
import PDFDocuments
import Primitives
import ServiceKit

/// Prints invoices. Nothing is written to disk; each download shows the row as it is then.
struct InvoiceDownloadService: Sendable {
    let invoices: EntityRepository
    let renderer: PDFRenderer
    let fontFamily: String
    let logger: Logger

    /// The invoice as PDF.
    /// - Throws: 404 when there is none that the caller may see; 503 when it cannot be drawn.
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
            case .busy, .stopped: throw HTTPFailure.unavailable(retryAfter: 5)
            default:
                logger.error("An invoice could not be drawn", metadata: ["invoiceId": "\(id)", "error": "\(error)"])
                throw Self.cannotDraw
            }
        }
    }

    /// 503 for this invoice alone: others may well be drawn.
    private static let cannotDraw = HTTPFailure(
        .serviceUnavailable, name: "ServiceUnavailableError",
        message: "The invoice could not be drawn; the log of the service has the reason. Nothing was changed.",
        code: "DOCUMENT_NOT_DRAWN", headers: [.retryAfter: "60"])

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
