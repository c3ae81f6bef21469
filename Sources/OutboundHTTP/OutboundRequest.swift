import AsyncHTTPClient
import NIOCore
package import NIOHTTP1
package import Primitives

/// A request to a system outside.
package struct OutboundRequest: Sendable {
    package var method: HTTPMethod
    package var url: String
    package var headers: HTTPHeaders
    package var body: [UInt8]

    /// A request without a body unless one is given.
    package init(_ method: HTTPMethod, _ url: String, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }

    func clientRequest(userAgent: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.headers = headers
        if !headers.contains(name: "user-agent") { request.headers.add(name: "user-agent", value: userAgent) }
        if !body.isEmpty { request.body = .bytes(ByteBuffer(bytes: body)) }
        return request
    }
}

/// The answer to a request, of any status.
package struct OutboundAnswer: Sendable {
    package let status: Int
    package let headers: HTTPHeaders
    package let body: [UInt8]

    /// Whether the status is 200 to 299.
    package var isSuccess: Bool { (200...299).contains(status) }

    /// The wait that the header `Retry-After` asks for, at most a day; nil without a valid one.
    package func retryAfter(now: Timestamp) -> Duration? {
        headers.first(name: "retry-after").flatMap { RetryAfter.parse($0, now: now) }
    }
}
