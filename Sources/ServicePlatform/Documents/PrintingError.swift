/// Why a document cannot be drawn.
package enum PrintingError: Error, Sendable, Hashable {
    /// Too many documents are being drawn, or the service stops.
    case busy
    /// This document could not be drawn, others may well be; the log says why.
    case notDrawn
    /// The document has more than can be drawn.
    case tooLarge
}
