/// Why a document was not drawn. Never holds what was to be printed.
package enum PDFError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The program `arc-pdf` is missing or cannot be started.
    case cannotStart(program: String, reason: String)
    /// More documents are waiting than the queue holds, or this one waited too long.
    case busy
    /// The document is larger than the renderer accepts.
    case tooLarge(bytes: Int)
    /// Drawing took longer than a document may, and the renderer was killed.
    case timedOut(Duration)
    /// The renderer ended while it was drawing this document, twice in a row. `output` is the end of what it wrote to
    /// standard error.
    case crashed(exit: String, output: String)
    /// The renderer answered something else than the protocol says, and was killed.
    case invalidReply(String)
    /// The renderer refused the document.
    case refused(reason: String)
    /// The caller no longer waits.
    case cancelled
    /// The service is stopping.
    case stopped

    /// For the log.
    package var description: String {
        switch self {
        case .cannotStart(let program, let reason): "\(program) cannot be started: \(reason)"
        case .busy: "too many documents are waiting"
        case .tooLarge(let bytes): "the document has \(bytes) bytes; the limit is \(PDFLimits.documentBytes)"
        case .timedOut(let limit): "drawing took longer than \(limit)"
        case .crashed(let exit, let output): "arc-pdf \(exit)" + (output.isEmpty ? "" : ": \(output)")
        case .invalidReply(let reason): "arc-pdf gave an invalid reply: \(reason)"
        case .refused(let reason): "arc-pdf cannot draw the document: \(reason)"
        case .cancelled: "the request was canceled"
        case .stopped: "the renderer is stopped"
        }
    }
}
