package import Primitives

/// How a batch gets to its receiver.
package protocol TraceTransport: Sendable {
    /// Sends a batch once.
    /// - Parameter now: To read dates in the answer.
    func send(_ request: TraceExportRequest, timeout: Duration, now: Timestamp) async -> ExportOutcome
    /// Closes connections.
    func shutdown() async
}

/// What came of sending a batch.
package enum ExportOutcome: Sendable, Hashable {
    /// The receiver has it.
    case accepted(TraceExportResponse)
    /// The receiver will never take it.
    case refused(String)
    /// It may succeed later; after the pause, if the receiver asks for one.
    case unavailable(String, retryAfter: Duration?)
}
