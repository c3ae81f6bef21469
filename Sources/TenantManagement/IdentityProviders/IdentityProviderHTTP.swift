import AsyncHTTPClient
import JSONCoding
import NIOCore
import NIOHTTP1
import Synchronization

/// Sends requests to identity providers: no redirects, no retries of its own, bounded times and sizes.
final class IdentityProviderHTTP: Sendable {
    /// What a request carries.
    enum Body: Sendable {
        case none
        case json(JSONValue)
        case form([(name: String, value: String)])
    }

    struct Answer: Sendable {
        let status: Int
        /// The body; null when it is empty or no JSON.
        let json: JSONValue
        let location: String?
    }

    private enum State {
        case idle
        case open(HTTPClient)
        case closed
    }

    /// Longest answer that is read, in bytes.
    private static let maximumSize = 1 << 20
    /// Longest time for one request.
    static let requestTimeout = Duration.seconds(10)

    /// The client is made when the first request comes: one that is made must also be closed.
    private let state = Mutex(State.idle)

    /// - Parameter deadline: When an answer is of no use any more.
    /// - Throws: ``IdentityProviderFailure/unavailable(step:reason:)`` when there is no answer in time.
    func send(
        _ method: HTTPMethod, _ url: String, token: String?, body: Body, step: String,
        deadline: ContinuousClock.Instant
    ) async throws(IdentityProviderFailure) -> Answer {
        guard let client = client() else { throw .unavailable(step: step, reason: "the service is stopping") }
        let time = min(ContinuousClock.now.duration(to: deadline), Self.requestTimeout)
        guard time > .zero else { throw .unavailable(step: step, reason: "it took too long altogether") }
        do {
            let response = try await client.execute(
                request(method, url, token: token, body: body), timeout: time.timeAmount, logger: nil)
            let bytes = try await response.body.collect(upTo: Self.maximumSize)
            return Answer(
                status: Int(response.status.code),
                json: (try? JSONValue.parse(Array(bytes.readableBytesView))) ?? .null,
                location: response.headers.first(name: "location"))
        } catch {
            throw .unavailable(step: step, reason: Self.reason(error))
        }
    }

    private func request(_ method: HTTPMethod, _ url: String, token: String?, body: Body) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.headers.add(name: "accept", value: "application/json")
        request.headers.add(name: "user-agent", value: "arc-tenant-management")
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        switch body {
        case .none: break
        case .json(let value):
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: value.serialized()))
        case .form(let pairs):
            request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
            request.body = .bytes(ByteBuffer(string: IdentityProviderURL.encoded(pairs)))
        }
        return request
    }

    private func client() -> HTTPClient? {
        state.withLock { state in
            switch state {
            case .open(let client): return client
            case .closed: return nil
            case .idle:
                var configuration = HTTPClient.Configuration(
                    redirectConfiguration: .disallow,
                    timeout: .init(connect: .seconds(5), read: .seconds(10)),
                    connectionPool: .init(idleTimeout: .seconds(30)), decompression: .disabled)
                configuration.connectionPool.retryConnectionEstablishment = false
                let client = HTTPClient(
                    eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
                state = .open(client)
                return client
            }
        }
    }

    /// Closes all connections.
    func shutdown() async {
        let client = state.withLock { state -> HTTPClient? in
            defer { state = .closed }
            if case .open(let client) = state { return client }
            return nil
        }
        try? await client?.shutdown()
    }

    /// Names the failure. Errors below HTTP name host and port at most.
    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError: error.shortDescription
        case is NIOTooManyBytesError: "the answer is too long"
        default: String("\(error)".prefix(200))
        }
    }
}

extension Duration {
    /// The same time for NIO, in whole milliseconds.
    fileprivate var timeAmount: TimeAmount {
        let (seconds, attoseconds) = components
        return .milliseconds(seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }
}
