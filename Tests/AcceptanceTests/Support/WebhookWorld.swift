import Foundation
import JSONCoding
import PostgresTestSupport
import StackTestSupport
import TestSupport

/// A stack of tenant management with a receiver of webhooks on this machine.
struct WebhookWorld: Sendable {
    /// An endpoint, as its owner knows it.
    struct Endpoint: Sendable {
        let id: String
        /// The answer to its creation.
        let created: JSONValue

        var path: String { "/webhook-endpoints/\(id)" }
        var secret: String { created["secret"]?.stringValue ?? "" }
        var publicKey: String { created["publicKey"]?.stringValue ?? "" }
    }

    let stack: TestStack
    let receiver: WebhookReceiver
    let url: String

    var client: TestHTTPClient { stack.tenantManagement }
    var admin: String { stack.admin }

    static func run(
        environment: [String: String] = [:], _ body: (WebhookWorld) async throws -> Void
    ) async throws {
        try await WebhookReceiver.run { receiver, url in
            let environment = [
                "WEBHOOK_ALLOW_HTTP": "true", "WEBHOOK_ALLOW_PRIVATE_ADDRESSES": "true",
                "WEBHOOK_RETRY_DELAYS_SECONDS": "1,1,1", "PROVISION_ON_CREATE": "false",
            ].merging(environment) { $1 }
            try await TestStack.run([.tenantManagement], environment: environment) { stack in
                try await body(WebhookWorld(stack: stack, receiver: receiver, url: url))
            }
        }
    }

    /// Adds an endpoint.
    /// - Parameter name: Its path at the receiver.
    func endpoint(
        _ name: String, _ members: JSONObject = [:], token: String? = nil
    ) async throws -> Endpoint {
        var body: JSONObject = ["url": .string("\(url)/\(name)")]
        for (member, value) in members { body[member] = value }
        let created = try await client.post("/webhook-endpoints", .object(body), token: token ?? admin).expect(201)
        return Endpoint(id: try created.string("id"), created: created.json)
    }

    /// Sends a test and waits until the receiver has it.
    @discardableResult
    func test(_ endpoint: Endpoint, _ name: String) async throws -> WebhookReceiver.Received {
        let id = try await client.post("\(endpoint.path)/test", token: admin).expect(201).string("id")
        return try await eventually("the test arrives") { receiver.received(at: "/\(name)").last { $0.id == id } }
    }

    /// Deliveries to an endpoint, the newest first.
    func deliveries(_ endpoint: Endpoint, token: String? = nil) async throws -> [JSONValue] {
        try await client.get("\(endpoint.path)/deliveries", token: token ?? admin).expect(200).json.arrayValue ?? []
    }

    /// Waits until all deliveries to an endpoint have a status. An event becomes a delivery a moment after its request.
    /// - Parameter count: How many there are at least by then.
    func settled(_ endpoint: Endpoint, _ status: String, count: Int = 1) async throws -> [JSONValue] {
        try await eventually("the deliveries are \(status)") {
            let all = try await deliveries(endpoint)
            let isSettled = all.count >= count && all.allSatisfy { $0["status"] == .string(status) }
            return isSettled ? all : nil
        }
    }

    /// A delivery with its attempts, the newest first.
    func log(_ delivery: String) async throws -> [JSONValue] {
        try await client.get("/webhook-deliveries/\(delivery)", token: admin).expect(200).json["attemptList"]?
            .arrayValue ?? []
    }

    /// Verifies what was received with the libraries of receivers.
    static func verify(
        _ received: [WebhookReceiver.Received], secrets: [String] = [], publicKeys: [String] = []
    ) async throws {
        let file = TestCommand.temporaryFile("webhooks")
        let deliveries = received.map { delivery -> JSONValue in
            [
                "headers": .object(JSONObject(delivery.headers.map { ($0.key, JSONValue.string($0.value)) })),
                "body": .string(Data(delivery.body).base64EncodedString()),
                "secrets": .array(secrets.map { .string($0) }), "publicKeys": .array(publicKeys.map { .string($0) }),
            ]
        }
        try Data(JSONValue.array(deliveries).serialized()).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let printed = try await PythonPeer.run("webhook_verify.py", [file.path])
        guard printed == "\(received.count) verified" else { throw TestFailure(printed) }
    }
}
