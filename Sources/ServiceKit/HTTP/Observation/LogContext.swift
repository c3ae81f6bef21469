package import Logging
import Primitives
import TraceRecording

/// What log lines say of the request or the work in whose course they are written.
package enum LogContext {
    /// For the handlers of the process.
    package static let provider = Logger.MetadataProvider {
        var metadata: Logger.Metadata = [:]
        if let notes = RequestAnnotations.ofTask?.current {
            metadata["requestId"] = "\(notes.requestID)"
            if let tenant = notes.tenantID { metadata["tenantId"] = "\(tenant)" }
            if let trace = notes.trace { metadata["traceId"] = "\(trace.traceID)" }
        }
        if let trace = CurrentSpan.traceContext {
            metadata["traceId"] = "\(trace.traceID)"
            metadata["spanId"] = "\(trace.spanText)"
        }
        return metadata
    }
}
