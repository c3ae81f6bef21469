import JSONCoding
package import Logging

/// Draws documents in processes of `arc-pdf`, which are started when they are needed and kept for the next documents.
///
/// Text layout is done by large C libraries on text that strangers have written. It happens in processes that hold no
/// secrets and are limited in time and memory, so that a document that makes them hang, grow or crash fails alone, and
/// a service that draws nothing pays nothing.
package final class PDFRenderer: Sendable {
    /// A finished document.
    package struct Output: Sendable {
        /// The file.
        package let bytes: [UInt8]
        package let pages: Int
        /// Characters that no installed font has; they are printed as boxes with their code.
        package let missing: [MissingScript]
        /// The layout engine and its version.
        package let engine: String
    }

    private let configuration: PDFRendererConfiguration
    private let queue: RenderQueue

    /// - Parameter logger: Gets a line when a process is started again.
    package init(configuration: PDFRendererConfiguration, logger: Logger) {
        self.configuration = configuration
        queue = RenderQueue(configuration: configuration, logger: logger)
    }

    deinit { queue.stop() }

    /// Draws a document. The same document always makes the same bytes (with the same fonts and libraries).
    /// - Throws: ``PDFError``; the next document is not affected by the failure of this one.
    package func render(_ document: PDFDocument) async throws(PDFError) -> Output {
        let request = document.jsonBytes()
        guard request.count <= PDFLimits.documentBytes else { throw .tooLarge(bytes: request.count) }
        return try await queue.render(request).get()
    }

    /// Ends the processes; documents that wait fail with ``PDFError/stopped``.
    package func shutdown() { queue.stop() }

    /// Documents that wait for a process, for tests.
    package var waitingCount: Int { queue.waitingCount }

    /// Ids of the running processes, for tests.
    package var processIdentifiers: [Int32] { queue.processIdentifiers }
}
