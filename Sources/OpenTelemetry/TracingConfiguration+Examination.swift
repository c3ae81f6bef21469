import OutboundHTTP
import Primitives

/// The receiver cannot take spans.
struct ReceiverFailure: Error, CustomStringConvertible {
    let description: String
}

extension TracingConfiguration {
    /// Whether the receiver takes spans: sends a batch without any, once.
    /// - Returns: What it is like.
    /// - Throws: An error that says what the receiver has answered.
    package func examine() async throws -> String {
        guard case .otlp(let endpoint, let tls) = target else { return "spans are written to the log" }
        let client = OutboundHTTPClient(
            userAgent: OTLPTransport.userAgent, addresses: .publicAndPrivate, tls: tls, isTraced: false)
        let transport = OTLPTransport(endpoint, client: client)
        let outcome = await transport.send(
            TraceExportRequest(resource: resource, spans: []), timeout: batches.requestTime, now: SystemClock().now())
        await transport.shutdown()
        let place = HTTPURL(endpoint.url)?.host ?? "the receiver"
        switch outcome {
        case .accepted: return "\(place) takes spans"
        case .refused(let reason), .unavailable(let reason, _):
            throw ReceiverFailure(description: "\(place): \(reason)")
        }
    }
}
