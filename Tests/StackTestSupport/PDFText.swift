import Foundation
import TestSupport

/// Reads documents with poppler's pdftotext, which shares no code with the renderer.
package enum PDFText {
    /// The text of a document, laid out as on its pages.
    /// - Throws: ``TestFailure`` when pdftotext cannot read it.
    package static func of(_ bytes: [UInt8]) async throws -> String {
        let file = TestCommand.temporaryFile("arc.pdf")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(bytes).write(to: file)
        return try await TestCommand.run(["pdftotext", "-layout", "-q", file.path, "-"])
    }
}
