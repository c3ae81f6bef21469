package import HTTPTypes
package import Primitives

/// Learns of every request when it arrives and when its response has been made: access log, metrics, traces.
///
/// This is the only place where requests are observed. It is called on the request path: no locks that are held for long, no
/// waiting. Without observers nothing is measured.
package protocol RequestObserver: Sendable {
    /// A request has arrived, and nothing has been done for it yet.
    func began(_ request: StartedRequest)
    /// The response has been made; its bytes are written next.
    func finished(_ request: FinishedRequest)
}

extension RequestObserver {
    /// Does nothing.
    package func began(_ request: StartedRequest) {}
}

/// A request that has just arrived.
package struct StartedRequest: Sendable {
    package let method: HTTPRequest.Method
    package let headers: HTTPFields
    /// When it arrived.
    package let start: ContinuousClock.Instant
    /// The same by the clock of the service.
    package let startedAt: Timestamp
    /// What becomes known while the request is handled, and what an observer wants to find there at the end.
    package let annotations: RequestAnnotations
}

/// What kind of caller a request had. A label of metrics, so there are few.
package enum CallerKind: String, Sendable, Hashable, CaseIterable {
    /// The request had no valid credentials.
    case anonymous
    case `operator`
    case tenantUser = "tenant_user"
    case lead
    case service
}
