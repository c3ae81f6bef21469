import OutboundHTTP
import Primitives

/// Hands the event to a user's pipeline: POSTs its JSON (docs/contract/arc-api.md 9.3) to a configured URL.
///
/// A 2xx means that the pipeline has accepted the work and will call `/webhook` in its own time. Anything else is tried
/// again; no answer, 429, 502, 503 and 504 mean that the pipeline is away, which does not count as an attempt.
/// `idempotency-key` is the event's identity, the same at every attempt.
struct HTTPProvisioner: Provisioner {
    /// Name in the tiers file.
    static let name = "http"

    let url: String
    let headers: [String: String]
    let timeout: Duration
    let client: JSONPoster

    /// Where events that remove a tenant go; nil if tenants of this tier cannot be removed.
    var deprovisionURL: String?
    /// Where requests for the data of a tenant go; nil if the data cannot be exported.
    var exportURL: String?

    /// Asks the pipeline for the data of a tenant, which it sends to tenant management itself.
    func requestExport(_ request: DataExportRequest, to exportURL: String) async throws(ProvisioningFailure) {
        try await send(request.json, of: request.eventID, trace: request.trace, to: exportURL)
    }

    /// Posts an event to the pipeline, which has accepted it when this returns.
    fileprivate func send(
        _ json: [UInt8], of event: Identifier, trace: TraceContext?, to url: String
    ) async throws(ProvisioningFailure) {
        var headers = ["idempotency-key": event.description]
        headers.merge(trace?.headers ?? [:]) { $1 }
        headers.merge(self.headers) { $1 }
        switch await client.post(url, headers: headers, body: json, timeout: timeout) {
        case .answered(let status, _) where (200...299).contains(status): return
        case .answered(let status, _) where [429, 502, 503, 504].contains(status):
            throw .unavailable("the pipeline answered \(status)")
        case .answered(let status, _): throw .transient("the pipeline answered \(status)")
        case .failed(let reason): throw .unavailable("the pipeline could not be reached: \(reason)")
        }
    }

    func plan(_ kind: WorkflowKind) throws(ProvisioningFailure) -> WorkflowPlan {
        switch kind {
        case .provision: return try WorkflowPlan(kind, [PipelineStep(name: "call-pipeline", url: url, pipeline: self)])
        case .deprovision:
            guard let deprovisionURL else {
                throw .permanent(#"the tier has no "deprovisionUrl" of a pipeline that removes a tenant"#)
            }
            return try WorkflowPlan(
                kind, [PipelineStep(name: "call-deprovision-pipeline", url: deprovisionURL, pipeline: self)])
        case .move: throw .unsupported(kind, by: Self.name)
        }
    }
}

/// Hands the event to a pipeline.
private struct PipelineStep: ProvisioningStep, PreviewableStep {
    let name: String
    let url: String
    let pipeline: HTTPProvisioner

    /// Longer than the request has.
    var timeout: Duration { pipeline.timeout + .seconds(30) }

    func perform(_ context: StepContext) async throws(ProvisioningFailure) -> StepOutput {
        let event = context.event
        try await pipeline.send(event.json, of: event.eventID, trace: event.trace, to: url)
        return StepOutput(isDelegated: true)
    }

    /// Headers and queries, which may hold secrets, are not shown.
    func preview(_ context: inout PreviewContext) async throws(ProvisioningFailure) -> [StepPreview] {
        let place = HTTPURL(url).map { "\($0.host)\($0.path)" } ?? "the pipeline"
        return [
            StepPreview(
                step: name, text: "send the event to \(place), which does the work and calls back itself",
                isChange: true)
        ]
    }
}
