import NIOHTTP1
import OutboundHTTP
import Primitives

/// Posts JSON to pipelines and to tenant management, of whose answers only the status counts.
final class JSONPoster: Sendable {
    /// The outcome of a request.
    enum Outcome: Sendable, Hashable {
        /// It was answered.
        /// - Parameter retryAfter: The wait that the answer asks for.
        case answered(status: Int, retryAfter: Duration?)
        /// It was not answered; the reason contains no data.
        case failed(reason: String)
    }

    private let client: OutboundHTTPClient
    private let clock: any WallClock

    /// - Parameter allowsInternalAddresses: Whether requests may go to this machine and to private networks.
    ///   Link-local addresses and metadata services are always refused.
    init(allowsInternalAddresses: Bool, clock: any WallClock = SystemClock()) {
        client = OutboundHTTPClient(
            userAgent: "arc-orchestrator", addresses: allowsInternalAddresses ? .publicAndPrivate : .publicOnly,
            maximumAnswerSize: 64 << 10)
        self.clock = clock
    }

    /// Sends a POST with a JSON body. Never throws: a failure is an outcome.
    /// - Parameter timeout: For everything, to the status of the answer.
    func post(
        _ url: String, headers: [String: String], body: [UInt8], timeout: Duration
    ) async -> Outcome {
        var request = OutboundRequest(.POST, url, headers: ["content-type": "application/json"], body: body)
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        do throws(OutboundHTTPFailure) {
            let answer = try await client.send(request, timeout: timeout, body: .ignored)
            return .answered(status: answer.status, retryAfter: answer.retryAfter(now: clock.now()))
        } catch {
            return .failed(reason: error.reason)
        }
    }

    /// Closes all connections.
    func shutdown() async { await client.shutdown() }
}
