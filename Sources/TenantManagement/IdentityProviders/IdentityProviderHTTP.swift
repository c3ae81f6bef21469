import JSONCoding
import NIOHTTP1
import OutboundHTTP
import Primitives

/// Sends requests to identity providers.
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

    /// Longest time for one request.
    static let requestTimeout = Duration.seconds(10)

    private let client = OutboundHTTPClient(userAgent: "arc-tenant-management", addresses: .publicAndPrivate)

    /// - Parameter deadline: When an answer is of no use any more.
    /// - Throws: ``IdentityProviderFailure/unavailable(step:reason:)`` when there is no answer in time.
    func send(
        _ method: HTTPMethod, _ url: String, token: String?, body: Body, step: String,
        deadline: ContinuousClock.Instant
    ) async throws(IdentityProviderFailure) -> Answer {
        let time = min(ContinuousClock.now.duration(to: deadline), Self.requestTimeout)
        guard time > .zero else { throw .unavailable(step: step, reason: "it took too long altogether") }
        do throws(OutboundHTTPFailure) {
            let answer = try await client.send(request(method, url, token: token, body: body), timeout: time)
            return Answer(
                status: answer.status, json: (try? JSONValue.parse(answer.body)) ?? .null,
                location: answer.headers.first(name: "location"))
        } catch {
            throw .unavailable(step: step, reason: error.reason)
        }
    }

    private func request(_ method: HTTPMethod, _ url: String, token: String?, body: Body) -> OutboundRequest {
        var request = OutboundRequest(method, url, headers: ["accept": "application/json"])
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        switch body {
        case .none: break
        case .json(let value):
            request.headers.add(name: "content-type", value: "application/json")
            request.body = value.serialized()
        case .form(let pairs):
            request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
            request.body = Array(PercentEncoding.form(pairs).utf8)
        }
        return request
    }

    /// Closes all connections.
    func shutdown() async { await client.shutdown() }
}
