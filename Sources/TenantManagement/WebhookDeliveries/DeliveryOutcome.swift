import Primitives

/// What an attempt was, for the log of the delivery.
struct AttemptReport: Sendable, Hashable {
    let startedOn: Timestamp
    let duration: Duration
    /// HTTP status; nil when there was no answer.
    let status: Int?
    /// Why it has failed; nil for success.
    let error: String?
    /// See ``ResponseExcerpt``.
    let response: String?
}

/// How an attempt ended.
enum DeliveryOutcome: Sendable, Hashable {
    case succeeded(AttemptReport)
    /// It is tried again after the delay; nil: it was the last attempt.
    case failed(AttemptReport, retryAfter: Duration?)

    var report: AttemptReport {
        switch self {
        case .succeeded(let report), .failed(let report, _): report
        }
    }
}
