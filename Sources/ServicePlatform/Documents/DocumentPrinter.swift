import Logging
package import NIOCore
package import PDFDocuments
package import Primitives

/// Draws documents as PDF, and logs what is wrong with them.
package struct DocumentPrinter: Sendable {
    let renderer: PDFRenderer
    package let fontFamily: String
    let logger: Logger

    /// The document as PDF. Nothing is written to disk.
    /// - Parameters:
    ///   - kind: For the log, such as `invoice`.
    ///   - id: Of the row that it shows.
    /// - Throws: ``PrintingError``, or a `CancellationError`.
    package func draw(_ document: PDFDocument, kind: String, id: Identifier) async throws -> ByteBuffer {
        do {
            let output = try await renderer.render(document)
            for missing in output.missing {
                logger.warning(
                    "A document has characters that no installed font has; install a font for their script",
                    metadata: [
                        "document": "\(kind)", "id": "\(id)", "script": "\(missing.script)",
                        "count": "\(missing.count)", "examples": "\(missing.examples.joined(separator: " "))",
                    ])
            }
            return ByteBuffer(bytes: output.bytes)
        } catch {
            switch error {
            case .cancelled: throw CancellationError()
            case .busy, .stopped: throw PrintingError.busy
            case .tooLarge: throw PrintingError.tooLarge
            default:
                logger.error(
                    "A document could not be drawn",
                    metadata: ["document": "\(kind)", "id": "\(id)", "error": "\(error)"])
                throw PrintingError.notDrawn
            }
        }
    }
}
