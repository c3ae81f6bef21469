import AsyncHTTPClient
import NIOCore
import NIOHTTP1
package import NIOSSL
import Primitives
import Synchronization
import TraceRecording
import TransportSecurity

/// Sends requests to systems outside: one deadline for everything from the connection to the last byte of the answer, a
/// limit of bytes, no redirects, no retries, and addresses that are checked after name resolution.
package final class OutboundHTTPClient: Sendable {
    /// What is done with the body of an answer.
    package enum AnswerBody: Sendable {
        /// It is part of the answer, which is incomplete without its end.
        case collected
        /// Only the status counts. The body is read for at most a second more, so that the connection can be used again.
        case ignored
        /// Only the status counts, but the beginning of the body is of interest: at most so many bytes, as far as they arrive
        /// within a second after the head. A body that is longer or stalls costs the connection.
        case excerpt(maximumBytes: Int)
    }

    private enum State {
        case idle
        case open(HTTPClient)
        case closed
    }

    private static let timeToIgnoreBody = Duration.seconds(1)

    private let configuration: HTTPClient.Configuration
    private let userAgent: String
    private let maximumAnswerSize: Int
    private let isTraced: Bool
    /// The client is made when the first request comes: one that is made must also be closed.
    private let state = Mutex(State.idle)

    /// - Parameters:
    ///   - userAgent: The value of `user-agent`.
    ///   - addresses: Where requests may go to.
    ///   - maximumAnswerSize: Most bytes of the body of an answer. Its head may have up to 64 KiB more.
    ///   - tls: Whom to trust, and the certificate of this side; nil for the authorities of the system.
    ///   - isTraced: Whether requests have spans in the trace of the task that sends them, and carry it on. Not for what sends
    ///     traces itself.
    package init(
        userAgent: String, addresses: OutboundAddressPolicy, maximumAnswerSize: Int = 1 << 20,
        tls: TLSConfiguration? = nil, isTraced: Bool = true
    ) {
        let inspect: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
            addresses.check(channel).flatMap {
                AnswerSizeGuard.add(to: channel, limit: maximumAnswerSize + AnswerSizeGuard.maximumHeadSize)
            }
        }
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(5)),
            connectionPool: .init(idleTimeout: .seconds(30)), decompression: .disabled,
            http1_1ConnectionDebugInitializer: inspect)
        configuration.connectionPool.retryConnectionEstablishment = false
        // One answer at a time on a connection: its bytes can be counted.
        configuration.httpVersion = .http1Only
        configuration.tlsConfiguration = tls ?? ClientTLS.configuration
        // Spans are made here, without addresses, which may hold secrets.
        configuration.tracing.tracer = nil
        self.configuration = configuration
        self.userAgent = userAgent
        self.maximumAnswerSize = maximumAnswerSize
        self.isTraced = isTraced
    }

    /// Sends a request and waits for its answer, of any status.
    /// - Parameter timeout: For everything: waiting for a connection, name resolution, TLS, request, head and, unless it
    ///   is ignored, body.
    /// - Throws: ``OutboundHTTPFailure`` when there is no complete answer within the time and the limit of bytes.
    package func send(
        _ request: OutboundRequest, timeout: Duration, body: AnswerBody = .collected
    ) async throws(OutboundHTTPFailure) -> OutboundAnswer {
        guard isTraced, let current = CurrentSpan.span else {
            return try await perform(request, timeout: timeout, body: body)
        }
        var request = request
        let span = OutboundSpan(within: current, &request)
        do {
            let answer = try await perform(request, timeout: timeout, body: body)
            span.answered(answer.status)
            return answer
        } catch {
            span.failed(error)
            throw error
        }
    }

    private func perform(
        _ request: OutboundRequest, timeout: Duration, body: AnswerBody
    ) async throws(OutboundHTTPFailure) -> OutboundAnswer {
        guard let client = client() else { throw OutboundHTTPFailure(reason: "the service is stopping") }
        do {
            let request = request.clientRequest(userAgent: userAgent)
            let (response, bytes) = try await withTimeLimit(timeout) { [maximumAnswerSize] in
                // Its own deadline ends with the head of the answer, so it only comes second here.
                let response = try await client.execute(
                    request, timeout: TimeAmount(timeout + .seconds(5)), logger: nil)
                guard case .collected = body else { return (response, [UInt8]()) }
                let bytes = Array(try await response.body.collect(upTo: maximumAnswerSize).readableBytesView)
                // A canceled body may end early without an error.
                try Task.checkCancellation()
                return (response, bytes)
            }
            let excerpt =
                switch body {
                case .collected: bytes
                case .ignored: await Self.excerpt(of: response.body, maximumBytes: nil)
                case .excerpt(let maximumBytes): await Self.excerpt(of: response.body, maximumBytes: maximumBytes)
                }
            return OutboundAnswer(status: Int(response.status.code), headers: response.headers, body: excerpt)
        } catch {
            throw OutboundHTTPFailure(error)
        }
    }

    /// The beginning of a body.
    /// - Parameter maximumBytes: Nil: reads it to its end and keeps nothing.
    private static func excerpt(of body: HTTPClientResponse.Body, maximumBytes: Int?) async -> [UInt8] {
        let excerpt = Mutex<[UInt8]>([])
        // What goes wrong here only costs the connection.
        try? await withTimeLimit(timeToIgnoreBody) {
            for try await part in body {
                guard let maximumBytes else { continue }
                let isComplete = excerpt.withLock { bytes in
                    bytes += part.readableBytesView.prefix(maximumBytes - bytes.count)
                    return bytes.count >= maximumBytes
                }
                if isComplete { return }
            }
        }
        return excerpt.withLock { $0 }
    }

    /// Closes all connections; requests that are sent later fail.
    package func shutdown() async {
        let client = state.withLock { state -> HTTPClient? in
            defer { state = .closed }
            if case .open(let client) = state { return client }
            return nil
        }
        // It fails when requests are in progress, and ends them all the same.
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

/// Runs an operation and cancels it when the time is over.
/// - Throws: `TimeLimitExceeded`, or what the operation throws.
func withTimeLimit<Value: Sendable>(
    _ limit: Duration, _ operation: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await operation() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let value = first else { throw TimeLimitExceeded(limit: limit) }
        return value
    }
}

struct TimeLimitExceeded: Error {
    let limit: Duration
}
