import AsyncHTTPClient
import JSONCoding
import NIOCore
import NIOHTTP1
import Primitives
import ServiceKit

@testable import Orchestrator

/// Sends events over HTTP.
struct TestEventSender {
    static let key = "a key of a test, long enough"
    static let signingSecret = "a secret of a test, long enough"

    /// Both ways in.
    static let environment = ["EVENT_BRIDGE_API_KEY": key, "EVENT_SIGNING_SECRET": signingSecret]

    let port: Int

    struct Answer {
        let status: Int
        let headers: HTTPHeaders
        let body: JSONValue

        var error: JSONValue { body["error"] ?? .null }
        /// The places that a 422 names.
        var places: [String] { error["details"]?.arrayValue?.compactMap { $0["path"]?.stringValue } ?? [] }
    }

    func post(
        _ body: JSONValue?, type: String = "TENANT_PROVISIONING", headers: [(String, String)] = [("x-api-key", key)]
    ) async throws -> Answer {
        try await post(bytes: body?.serialized() ?? [], type: type, headers: headers)
    }

    func post(bytes: [UInt8], type: String = "TENANT_PROVISIONING", headers: [(String, String)]) async throws -> Answer
    {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/event-bridge/events/\(type)")
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json; charset=utf-8")
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if !bytes.isEmpty { request.body = .bytes(ByteBuffer(bytes: bytes)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(120))
        let body = try await response.body.collect(upTo: 1 << 20)
        return Answer(
            status: Int(response.status.code), headers: response.headers,
            body: (try? JSONValue.parse(Array(body.readableBytesView))) ?? nil)
    }

    /// Headers of a signature over a body.
    static func signature(
        _ body: JSONValue, secret: String = signingSecret, age: Duration = .zero
    ) -> [(String, String)] {
        let timestamp = SystemClock().now().adding(.zero - age).milliseconds
        let signature = WebhookSignature.sign(
            body: body, context: nil, timestampMilliseconds: timestamp, secret: secret)
        return [("x-signature", signature), ("x-timestamp", String(timestamp))]
    }

    /// The event as EventBridge wraps it.
    static func wrapped(_ event: TestEvent) throws -> JSONValue {
        [
            "version": "0", "id": .identifier(event.id), "detail-type": "TENANT_PROVISIONING", "source": "ARC-SAAS",
            "account": "123456789012", "time": "2026-01-05T10:00:00Z", "region": "us-east-1", "resources": [],
            "detail": try event.json,
        ]
    }
}
