import AsyncHTTPClient
import JSONCoding
import NIOCore
import NIOHTTP1
import Primitives
import ServiceKit

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

    /// Longest answer that is read, in bytes.
    private static let maximumSize = 1 << 20
    /// Longest time for one request.
    static let requestTimeout = Duration.seconds(10)

    private let client = OutboundHTTPClient(silence: requestTimeout)

    /// - Parameter deadline: When an answer is of no use any more.
    /// - Throws: ``IdentityProviderFailure/unavailable(step:reason:)`` when there is no answer in time.
    func send(
        _ method: HTTPMethod, _ url: String, token: String?, body: Body, step: String,
        deadline: ContinuousClock.Instant
    ) async throws(IdentityProviderFailure) -> Answer {
        let time = min(ContinuousClock.now.duration(to: deadline), Self.requestTimeout)
        guard time > .zero else { throw .unavailable(step: step, reason: "it took too long altogether") }
        do {
            let response = try await client.execute(request(method, url, token: token, body: body), timeout: time)
            let bytes = try await response.body.collect(upTo: Self.maximumSize)
            return Answer(
                status: Int(response.status.code),
                json: (try? JSONValue.parse(Array(bytes.readableBytesView))) ?? .null,
                location: response.headers.first(name: "location"))
        } catch {
            let failure = (error as? OutboundHTTPFailure) ?? OutboundHTTPFailure(error)
            throw .unavailable(step: step, reason: failure.reason)
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
            request.body = .bytes(ByteBuffer(string: PercentEncoding.form(pairs)))
        }
        return request
    }

    /// Closes all connections.
    func shutdown() async { await client.shutdown() }
}
