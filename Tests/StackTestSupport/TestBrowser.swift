import AsyncHTTPClient
package import JSONCoding
import NIOCore
import NIOHTTP1
import Primitives
import Synchronization
import TestSupport

/// A browser as far as logins need one: it keeps cookies, and shows where it is sent instead of going there.
package final class TestBrowser: Sendable {
    /// What a request has brought.
    package struct Page: Sendable {
        package let response: TestResponse
        /// The `Set-Cookie` headers.
        package let setCookies: [String]

        package var status: Int { response.status }
        package var location: String? { response.headers["location"] }
        package var json: JSONValue { response.json }

        /// Insists on a status.
        @discardableResult
        package func expect(_ wanted: Int) throws -> Page {
            try response.expect(wanted)
            return self
        }
    }

    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.connectionPool.idleTimeout = .seconds(20)
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    private let jar: Mutex<[String: String]>

    /// - Parameter cookies: What the browser has already, by name.
    package init(cookies: [String: String] = [:]) { jar = Mutex(cookies) }

    /// What the browser has, by name.
    package var cookies: [String: String] { jar.withLock { $0 } }

    /// Another browser with the same cookies: that of somebody who has stolen them.
    package func copy() -> TestBrowser { TestBrowser(cookies: cookies) }

    /// Sets or removes a cookie.
    package func set(_ name: String, _ value: String?) { jar.withLock { $0[name] = value } }

    /// Sends a request with the cookies, and keeps those that come back.
    /// - Parameters:
    ///   - form: Sent as `application/x-www-form-urlencoded` in place of a JSON body.
    ///   - headers: More headers; `cookie` replaces the browser's own.
    package func send(
        _ method: String, _ url: String, _ body: JSONValue? = nil, form: [(name: String, value: String)]? = nil,
        headers: [String: String] = [:]
    ) async throws -> Page {
        var request = HTTPClientRequest(url: url)
        request.method = .RAW(value: method)
        let cookies = cookies.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: "; ")
        if !cookies.isEmpty { request.headers.add(name: "cookie", value: cookies) }
        if let form {
            request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
            request.body = .bytes(ByteBuffer(string: PercentEncoding.form(form)))
        } else if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body.serialized()))
        }
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        let response = try await Self.client.execute(request, timeout: .seconds(120))
        let bytes = Array(try await response.body.collect(upTo: 32 << 20).readableBytesView)
        var fields: [String: String] = [:]
        for (name, value) in response.headers { fields[name.lowercased()] = value }
        let setCookies = response.headers["set-cookie"]
        for cookie in setCookies { keep(cookie) }
        return Page(
            response: TestResponse(status: Int(response.status.code), headers: fields, bytes: bytes),
            setCookies: setCookies)
    }

    private func keep(_ setCookie: String) {
        let parts = setCookie.split(separator: ";").map { $0.drop { $0 == " " } }
        guard let pair = parts.first, let equals = pair.firstIndex(of: "=") else { return }
        let isRemoved = parts.dropFirst().contains { $0.lowercased() == "max-age=0" }
        let value = String(pair[pair.index(after: equals)...])
        jar.withLock { $0[String(pair[..<equals])] = isRemoved ? nil : value }
    }
}
