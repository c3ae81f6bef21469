import Primitives
import ServiceKit

/// Delivers signed call-backs to tenant management (contract 9.4).
struct CallbackSender: Sendable {
    /// What became of an attempt.
    enum Verdict: Sendable, Hashable {
        /// Accepted.
        case delivered(status: Int)
        /// Refused for good.
        case refused(status: Int)
        /// To be tried again.
        /// - Parameters:
        ///   - status: HTTP status; nil when there was no answer.
        ///   - retryAfter: The wait that the receiver asked for.
        case failed(status: Int?, reason: String, retryAfter: Duration?)
    }

    /// `{TENANT_MANAGEMENT_URL}/webhook`.
    let url: String
    var timeout: Duration
    let client: OutboundHTTP
    let clock: any WallClock

    /// Sends a report, with a timestamp and a signature of its own: the receiver takes none that is 20 s old.
    func send(_ report: CallbackReport, for event: ProvisioningEvent) async -> Verdict {
        let body = report.body()
        let timestamp = clock.now().milliseconds
        var headers = [
            WebhookSignature.timestampHeader: String(timestamp),
            WebhookSignature.signatureHeader: WebhookSignature.sign(
                body: body, context: event.context, timestampMilliseconds: timestamp, secret: event.secret),
        ]
        if let trace = event.trace { headers["traceparent"] = trace.traceparent }
        return Self.verdict(await client.post(url, headers: headers, body: body, timeout: timeout))
    }

    /// 2xx is acceptance; 4xx says that the same call-back will never be accepted, except 408 and 429, which are about
    /// the moment; all else (5xx, redirects, no answer) may pass.
    static func verdict(_ outcome: OutboundHTTP.Outcome) -> Verdict {
        switch outcome {
        case .answered(let status, _) where (200...299).contains(status): .delivered(status: status)
        case .answered(let status, _) where (400...499).contains(status) && status != 408 && status != 429:
            .refused(status: status)
        case .answered(let status, let retryAfter):
            .failed(status: status, reason: "answered \(status)", retryAfter: retryAfter)
        case .failed(let reason): .failed(status: nil, reason: reason, retryAfter: nil)
        }
    }
}
