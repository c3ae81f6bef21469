import Primitives
import ServiceKit

/// Delivers signed callbacks to tenant management (docs/contract/arc-api.md 9.4).
struct CallbackSender: Sendable {
    /// What became of an attempt.
    enum Verdict: Sendable, Hashable {
        /// Accepted.
        case delivered(status: Int)
        /// Refused for good.
        case refused(status: Int, reason: String)
        /// To be tried again.
        /// - Parameters:
        ///   - status: HTTP status; nil when there was no answer.
        ///   - retryAfter: The wait that the receiver asked for.
        case failed(status: Int?, reason: String, retryAfter: Duration?)
    }

    /// `{TENANT_MANAGEMENT_URL}/webhook`.
    let url: String
    var timeout: Duration
    let client: JSONPoster
    let clock: any WallClock

    /// Sends a report, with its own timestamp and signature: the receiver rejects a timestamp that is 20 s old.
    func send(_ report: CallbackReport, for event: ProvisioningEvent) async -> Verdict {
        await send(report.body(), context: event.context, secret: event.secret, trace: event.trace)
    }

    /// Sends a report that is signed with a secret and bound to a context.
    func send(_ body: [UInt8], context: String, secret: String, trace: TraceContext?) async -> Verdict {
        let timestamp = clock.now().milliseconds
        var headers = [
            WebhookSignature.timestampHeader: String(timestamp),
            WebhookSignature.signatureHeader: WebhookSignature.sign(
                body: body, context: context, timestampMilliseconds: timestamp, secret: secret),
        ]
        headers.merge(trace?.headers ?? [:]) { $1 }
        return Self.verdict(await client.post(url, headers: headers, body: body, timeout: timeout))
    }

    /// 2xx is acceptance. 409, 410 and 422 say that the same callback will never be accepted. All else may pass: 5xx,
    /// redirects and no answer, but also other 4xx, which a proxy sends during a deployment, or the receiver while two
    /// clocks disagree.
    static func verdict(_ outcome: JSONPoster.Outcome) -> Verdict {
        switch outcome {
        case .answered(let status, _) where (200...299).contains(status): .delivered(status: status)
        case .answered(let status, _) where [409, 410, 422].contains(status):
            .refused(status: status, reason: "refused with \(status)")
        case .answered(let status, let retryAfter):
            .failed(status: status, reason: "answered \(status)", retryAfter: retryAfter)
        case .failed(let reason): .failed(status: nil, reason: reason, retryAfter: nil)
        }
    }
}
