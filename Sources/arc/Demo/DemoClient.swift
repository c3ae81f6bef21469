import AsyncHTTPClient
import JSONCoding
import NIOCore
import NIOHTTP1

/// Calls the services over HTTP.
struct DemoClient: Sendable {
    /// A response.
    struct Answer: Sendable {
        let status: Int
        let body: JSONValue
    }

    let client: HTTPClient

    /// Sends a request and checks the status of the response.
    /// - Throws: ``CommandFailure`` with the response when its status is a different one.
    func call(
        _ method: HTTPMethod, _ url: String, token: String? = nil, body: JSONValue? = nil, expect status: Int
    ) async throws -> JSONValue {
        let answer = try await send(method, url, token: token, body: body)
        guard answer.status == status else {
            let text = String(decoding: answer.body.serialized().prefix(600), as: UTF8.self)
            throw CommandFailure(
                description: "\(method.rawValue) \(url) answered \(answer.status) instead of \(status): \(text)")
        }
        return answer.body
    }

    /// Sends a request and takes any answer.
    func answer(_ method: HTTPMethod, _ url: String) async throws -> Answer {
        try await send(method, url, token: nil, body: nil)
    }

    private func send(
        _ method: HTTPMethod, _ url: String, token: String?, body: JSONValue?
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = method
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body.serialized()))
        }
        let response = try await client.execute(request, timeout: .seconds(30))
        let bytes = Array(try await response.body.collect(upTo: 8 << 20).readableBytesView)
        return Answer(
            status: Int(response.status.code), body: bytes.isEmpty ? .null : (try? JSONValue.parse(bytes)) ?? .null)
    }
}
