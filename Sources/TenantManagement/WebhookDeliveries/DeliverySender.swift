import NIOHTTP1
import OutboundHTTP
import Primitives
import WorkQueue

/// Attempts a delivery: signs it, sends it and judges the answer.
struct DeliverySender: Sendable {
    let client: OutboundHTTPClient
    let ladder: RetryLadder
    /// For everything from the connection to the head of the answer.
    let timeout: Duration
    /// After so much time of failures only, an endpoint is disabled.
    let patience: Duration
    let disabling: EndpointDisabling
    let clock: any WallClock

    /// Sends a delivery once.
    /// - Throws: When nothing was attempted: it was canceled, or the database is away.
    func send(_ delivery: QueuedDelivery) async throws -> Settlement<DeliveryOutcome> {
        let startedOn = clock.now()
        let start = ContinuousClock.now
        func report(status: Int? = nil, error: String?, response: String? = nil) -> AttemptReport {
            AttemptReport(
                startedOn: startedOn, duration: ContinuousClock.now - start, status: status,
                error: error.map(FailureReason.stored), response: response)
        }
        guard !delivery.keys.isEmpty else {
            return .done(
                try await failed(
                    delivery, report(error: "the secret cannot be read: DATA_ENCRYPTION_KEY has changed; rotate it")))
        }
        let headers = try StandardWebhookSigner.headers(
            id: delivery.id, timestamp: startedOn, body: delivery.body, keys: delivery.keys)
        let answer: OutboundAnswer
        do throws(OutboundHTTPFailure) {
            answer = try await client.send(
                OutboundRequest(.POST, delivery.url, headers: headers, body: delivery.body), timeout: timeout,
                body: .excerpt(maximumBytes: ResponseExcerpt.maximumBytes))
        } catch {
            // What was interrupted is no attempt.
            try Task.checkCancellation()
            return .done(try await failed(delivery, report(error: error.reason)))
        }
        let excerpt = ResponseExcerpt.text(answer.body)
        if answer.isSuccess { return .done(.succeeded(report(status: answer.status, error: nil, response: excerpt))) }
        let error =
            (300...399).contains(answer.status)
            ? "answered \(answer.status): redirects are not followed" : "answered \(answer.status)"
        return .done(
            try await failed(
                delivery, report(status: answer.status, error: error, response: excerpt),
                retryAfter: answer.retryAfter(now: clock.now())))
    }

    /// The outcome of a failed attempt. Disables the endpoint if this was one failure too many.
    private func failed(
        _ delivery: QueuedDelivery, _ report: AttemptReport, retryAfter: Duration? = nil
    ) async throws -> DeliveryOutcome {
        if report.status == 410 {
            try await disabling.disable(delivery.endpoint, because: .gone)
        } else if let duration = delivery.failingFor, duration >= patience {
            try await disabling.disable(delivery.endpoint, because: .failing)
        }
        return .failed(
            report, retryAfter: ladder.delay(afterFailures: delivery.failures + 1, retryAfter: retryAfter))
    }
}
