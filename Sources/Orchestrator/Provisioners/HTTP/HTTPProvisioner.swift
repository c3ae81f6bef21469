import Primitives

/// Hands the event to a user's pipeline: POSTs its JSON (docs/contract/arc-api.md 9.3) to a configured URL.
///
/// A 2xx means that the pipeline has accepted the work and will call `/webhook` in its own time. Anything else is tried
/// again; no answer, 429, 502, 503 and 504 mean that the pipeline is away, which is no attempt.
/// `idempotency-key` is the event's identity, the same at every attempt.
struct HTTPProvisioner: Provisioner {
    /// Name in the tiers file.
    static let name = "http"

    let url: String
    let headers: [String: String]
    let timeout: Duration
    let client: JSONPoster

    func provision(_ event: ProvisioningEvent) async throws(ProvisioningFailure) -> ProvisioningOutcome {
        var headers = ["idempotency-key": event.eventID.description]
        if let trace = event.trace { headers["traceparent"] = trace.traceparent }
        headers.merge(self.headers) { $1 }
        switch await client.post(url, headers: headers, body: event.json, timeout: timeout) {
        case .answered(let status, _) where (200...299).contains(status): return .delegated
        case .answered(let status, _) where [429, 502, 503, 504].contains(status):
            throw .unavailable("the pipeline answered \(status)")
        case .answered(let status, _): throw .transient("the pipeline answered \(status)")
        case .failed(let reason): throw .unavailable("the pipeline could not be reached: \(reason)")
        }
    }
}
