import HTTPTypes
import JSONCoding
import NIOCore
import PostgresTestSupport
import Primitives
import ServiceKit
import StackTestSupport
import Synchronization
import Testing

@testable import Orchestrator

/// A small HTTP server in this process that remembers what it is sent.
final class Receiver: Sendable {
    /// A request that came.
    struct Request: Sendable {
        let path: String
        let headers: HTTPFields
        let bytes: [UInt8]

        func header(_ name: String) throws -> String {
            try #require(headers.first { $0.name.canonicalName == name.lowercased() }?.value, "header \(name)")
        }

        var json: JSONValue { get throws { try JSONValue.parse(bytes) } }

        /// Whether the signature is the event's (docs/contract/arc-api.md 9.4).
        func isSigned(for event: TestEvent) throws -> Bool {
            let timestamp = try #require(
                WebhookSignature.timestampMilliseconds(header: try header(WebhookSignature.timestampHeader)))
            return WebhookSignature.verify(
                try header(WebhookSignature.signatureHeader), body: try json, rawBody: [], context: event.context,
                timestampMilliseconds: timestamp, secret: event.secret)
        }
    }

    /// What is answered.
    enum Reply: Sendable {
        case status(Int, headers: HTTPFields = [:])
        /// Nothing, until the sender gives up.
        case silence
    }

    private let received = Mutex<[Request]>([])
    private let reply: @Sendable (Int) -> Reply

    private init(_ reply: @escaping @Sendable (Int) -> Reply) { self.reply = reply }

    var requests: [Request] { received.withLock { $0 } }

    /// The requests that report the outcome of runs, without those that report progress.
    var reports: [Request] {
        get throws {
            try requests.filter { try $0.json["type"]?.intValue != CallbackType.progress.number }
        }
    }

    /// Runs a server for the length of the body.
    /// - Parameter reply: The answer to each request, by its number from 1.
    static func with(
        _ reply: @escaping @Sendable (Int) -> Reply = { _ in .status(204) },
        _ body: (_ receiver: Receiver, _ url: String) async throws -> Void
    ) async throws {
        let receiver = Receiver(reply)
        let server = try await RunningService.start(await receiver.service())
        try await withCleanup {
            try await body(receiver, server.client.url)
        } cleanup: {
            await server.stop()
        }
    }

    private func service() async -> HTTPService {
        let clock = SystemClock()
        let verifier = await TokenVerifier(configuration: TokenConfiguration(secret: nil, issuer: nil), clock: clock)
        let operations = ["/webhook", "/pipeline", "/elsewhere"].map { path in
            Operation(
                .post, path, id: "Receiver.post", summary: "", security: .none,
                responses: [.init(.noContent, "")],
                handler: .anonymous { call in try await self.take(call) }
            ).takingAnyBody()
        }
        return HTTPService(
            configuration: ServiceConfiguration(port: 0, writesAccessLog: false, shutdownTime: .seconds(1)),
            base: BaseOperations(
                serviceName: "Receiver", greeting: "", explorerAssets: nil, checks: [], clock: clock),
            summary: "", operations: operations,
            authenticators: AuthenticatorChain([TokenAuthenticator(verifier: verifier)]),
            rateLimiter: RateLimiter(redis: nil, prefix: "", clock: clock), background: [], atEnd: {}, clock: clock,
            logger: testLogger)
    }

    private func take(_ call: OperationRequest) async throws -> OperationResponse {
        let number = received.withLock { requests in
            requests.append(Request(path: call.path, headers: call.headers, bytes: call.bodyBytes))
            return requests.count
        }
        switch reply(number) {
        case .status(let code, let headers):
            return OperationResponse(status: .init(code: code), headers: headers, body: nil)
        case .silence:
            try await Task.sleep(for: .seconds(120))
            return .noContent
        }
    }
}

/// An HTTP client that is closed afterwards.
func withClient<Value>(
    allowsInternalAddresses: Bool = true, _ body: (JSONPoster) async throws -> Value
) async throws -> Value {
    let client = JSONPoster(allowsInternalAddresses: allowsInternalAddresses)
    return try await withCleanup {
        try await body(client)
    } cleanup: {
        await client.shutdown()
    }
}
