import AsyncHTTPClient
package import JSONCoding
import NIOCore
import NIOHTTP1
import Primitives

/// Calls one service over HTTP.
package struct TestHTTPClient: Sendable {
    /// Such as `http://127.0.0.1:40123`.
    package let url: String

    /// As many connections as there are requests at once, so that load is what it looks like; and who is not there is
    /// not tried again until the request's time is over.
    private static let shared: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        configuration.connectionPool.retryConnectionEstablishment = false
        // Shorter than the services', so that no connection is used at the moment when its service closes it.
        configuration.connectionPool.idleTimeout = .seconds(20)
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    package init(port: Int) { url = "http://127.0.0.1:\(port)" }

    /// Sends a request.
    /// - Parameters:
    ///   - path: With the query, percent-encoded.
    ///   - body: JSON, sent as `application/json`.
    ///   - token: Bearer token; nil sends none.
    ///   - headers: More headers; they replace those that would be sent otherwise.
    package func send(
        _ method: String, _ path: String, _ body: JSONValue? = nil, token: String? = nil,
        headers: [String: String] = [:]
    ) async throws -> TestResponse {
        try await send(method, path, bytes: body?.serialized(), token: token, headers: headers)
    }

    /// Sends a request with any bytes as body, by default as `application/json`.
    package func send(
        _ method: String, _ path: String, bytes: [UInt8]?, token: String? = nil, headers: [String: String] = [:]
    ) async throws -> TestResponse {
        var request = HTTPClientRequest(url: url + path)
        request.method = .RAW(value: method)
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        if let bytes {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: bytes))
        }
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        let response = try await Self.shared.execute(request, timeout: .seconds(120))
        let content = Array(try await response.body.collect(upTo: 32 << 20).readableBytesView)
        var fields: [String: String] = [:]
        for (name, value) in response.headers { fields[name.lowercased()] = value }
        return TestResponse(status: Int(response.status.code), headers: fields, bytes: content)
    }

    package func get(_ path: String, token: String? = nil) async throws -> TestResponse {
        try await send("GET", path, token: token)
    }

    package func post(_ path: String, _ body: JSONValue? = nil, token: String? = nil) async throws -> TestResponse {
        try await send("POST", path, body, token: token)
    }

    package func patch(_ path: String, _ body: JSONValue? = nil, token: String? = nil) async throws -> TestResponse {
        try await send("PATCH", path, body, token: token)
    }

    package func put(_ path: String, _ body: JSONValue? = nil, token: String? = nil) async throws -> TestResponse {
        try await send("PUT", path, body, token: token)
    }

    package func delete(_ path: String, token: String? = nil) async throws -> TestResponse {
        try await send("DELETE", path, token: token)
    }
}

extension String {
    /// Percent-encoded for a query: everything but unreserved characters (RFC 3986 section 2.3).
    package var queryEncoded: String {
        PercentEncoding.encode(self)
    }
}

extension JSONValue {
    /// The value as a query parameter: `filter=…`.
    package func parameter(_ name: String = "filter") -> String {
        "\(name)=" + String(decoding: serialized(), as: UTF8.self).queryEncoded
    }
}
