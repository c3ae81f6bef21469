import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// Sends JSON to others: no redirects, no retries of its own, bounded times, addresses looked at after name resolution.
final class OutboundHTTP: Sendable {
    /// What became of a request.
    enum Outcome: Sendable, Hashable {
        /// It was answered.
        /// - Parameter retryAfter: What a `Retry-After` header in seconds says (RFC 9110 section 10.2.3).
        case answered(status: Int, retryAfter: Duration?)
        /// It was not answered; the words say why, without data.
        case failed(reason: String)
    }

    private enum State {
        case idle
        case open(HTTPClient)
        case closed
    }

    private let allowsInternalAddresses: Bool
    private let logger: Logger
    /// The client is made when the first request comes: one that is made must also be closed.
    private let state = Mutex(State.idle)

    /// - Parameter allowsInternalAddresses: Whether requests may go to this machine and to private networks.
    ///   Link-local addresses and metadata services are always refused.
    init(allowsInternalAddresses: Bool, logger: Logger) {
        self.allowsInternalAddresses = allowsInternalAddresses
        self.logger = logger
    }

    private func client() -> HTTPClient? {
        state.withLock { state in
            switch state {
            case .open(let client): return client
            case .closed: return nil
            case .idle:
                let client = HTTPClient(
                    eventLoopGroup: HTTPClient.defaultEventLoopGroup,
                    configuration: Self.configuration(allowsInternalAddresses: allowsInternalAddresses))
                state = .open(client)
                return client
            }
        }
    }

    private static func configuration(allowsInternalAddresses: Bool) -> HTTPClient.Configuration {
        // Runs after the name was resolved and the connection made, before anything is sent.
        let inspect: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
            let kind = channel.remoteAddress.map { OutboundAddress.kind(of: $0) } ?? .internalNetwork
            let isAllowed = kind == .global || (kind == .internalNetwork && allowsInternalAddresses)
            return isAllowed
                ? channel.eventLoop.makeSucceededVoidFuture()
                : channel.eventLoop.makeFailedFuture(AddressRefused(kind: kind))
        }
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(5), read: .seconds(300)),
            connectionPool: .init(idleTimeout: .seconds(30)),
            decompression: .disabled,
            http1_1ConnectionDebugInitializer: inspect,
            http2ConnectionDebugInitializer: inspect)
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }

    /// Sends a POST with a JSON body. Never throws: what went wrong is an outcome.
    func post(
        _ url: String, headers: [String: String], body: [UInt8], timeout: Duration
    ) async -> Outcome {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.headers.add(name: "user-agent", value: "arc-orchestrator")
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        request.body = .bytes(ByteBuffer(bytes: body))
        let (seconds, attoseconds) = timeout.components
        let limit = TimeAmount.milliseconds(seconds * 1000 + attoseconds / 1_000_000_000_000_000)
        guard let client = client() else { return .failed(reason: "the service is stopping") }
        do {
            let response = try await client.execute(request, timeout: limit, logger: nil)
            // Read to its end, so that the connection can be used again; nobody looks at what it says.
            _ = try? await response.body.collect(upTo: 64 * 1024)
            let retryAfter = response.headers.first(name: "retry-after").flatMap { Int($0) }
            return .answered(
                status: Int(response.status.code), retryAfter: retryAfter.map { .seconds(max(0, min($0, 86_400))) })
        } catch {
            return .failed(reason: Self.reason(error))
        }
    }

    /// Closes all connections.
    func shutdown() async {
        let client = state.withLock { state -> HTTPClient? in
            defer { state = .closed }
            if case .open(let client) = state { return client }
            return nil
        }
        do { try await client?.shutdown() } catch {
            logger.debug("the HTTP client did not close cleanly", metadata: ["error": "\(type(of: error))"])
        }
    }

    /// Names the failure. Errors below HTTP name host and port at most; a URL, which may hold a token, never shows.
    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError: error.shortDescription
        default: String("\(error)".prefix(200))
        }
    }
}
