package import AsyncHTTPClient
package import NIOCore
import Primitives
import Synchronization

/// Sends requests to others: no redirects, no retries of its own, bounded times.
package final class OutboundHTTPClient: Sendable {
    /// Looks at a connection after the name was resolved and before anything is sent; what it fails with, the request does.
    package typealias Inspection = @Sendable (any Channel) -> EventLoopFuture<Void>

    private enum State {
        case idle
        case open(HTTPClient)
        case closed
    }

    private let configuration: HTTPClient.Configuration
    /// The client is made when the first request comes: one that is made must also be closed.
    private let state = Mutex(State.idle)

    /// - Parameters:
    ///   - silence: How long an answer may pause.
    ///   - inspect: See ``Inspection``; nil: every address is good.
    package init(silence: Duration, inspect: Inspection? = nil) {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(5), read: TimeAmount(silence)),
            connectionPool: .init(idleTimeout: .seconds(30)), decompression: .disabled,
            http1_1ConnectionDebugInitializer: inspect, http2ConnectionDebugInitializer: inspect)
        configuration.connectionPool.retryConnectionEstablishment = false
        self.configuration = configuration
    }

    /// The answer to a request, its body still to be read.
    /// - Parameter timeout: For the whole request, the answer's body included.
    /// - Throws: ``OutboundHTTPFailure`` when there is no answer.
    package func execute(
        _ request: HTTPClientRequest, timeout: Duration
    ) async throws(OutboundHTTPFailure) -> HTTPClientResponse {
        guard let client = client() else { throw OutboundHTTPFailure(reason: "the service is stopping") }
        do {
            return try await client.execute(request, timeout: TimeAmount(timeout), logger: nil)
        } catch {
            throw OutboundHTTPFailure(error)
        }
    }

    /// Closes all connections; whoever asks after that gets no answer.
    package func shutdown() async {
        let client = state.withLock { state -> HTTPClient? in
            defer { state = .closed }
            if case .open(let client) = state { return client }
            return nil
        }
        // It fails when requests are on their way, and ends them all the same.
        try? await client?.shutdown()
    }

    private func client() -> HTTPClient? {
        state.withLock { state in
            switch state {
            case .open(let client): return client
            case .closed: return nil
            case .idle:
                let client = HTTPClient(
                    eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
                state = .open(client)
                return client
            }
        }
    }
}

/// Why there was no answer, without data: errors below HTTP name host and port at most; a URL, which may hold a token,
/// never shows.
package struct OutboundHTTPFailure: Error, Sendable, Hashable {
    /// The reason, in at most 200 characters.
    package let reason: String

    /// A failure for a reason in words.
    package init(reason: String) { self.reason = reason }

    /// Names an error of the client or of reading an answer's body.
    package init(_ error: any Error) {
        reason =
            switch error {
            case let error as HTTPClientError: error.shortDescription
            case is NIOTooManyBytesError: "the answer is too long"
            default: String("\(error)".prefix(200))
            }
    }
}
