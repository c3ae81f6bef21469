import HTTPTypes
package import JSONCoding
import NIOCore
import Primitives
import ServiceKit
import Synchronization
import TestSupport

/// A receiver of webhooks in this process, which records what it gets and answers as a test wants.
package final class WebhookReceiver: Sendable {
    /// What was received.
    package struct Received: Sendable {
        /// Path of the request.
        package let path: String
        /// Names in lower case.
        package let headers: [String: String]
        package let body: [UInt8]

        /// The header `webhook-id`.
        package var id: String { headers["webhook-id"] ?? "" }
        /// The body as JSON.
        package var json: JSONValue { (try? JSONValue.parse(body)) ?? .null }
    }

    /// How a request is answered.
    package enum Answer: Sendable {
        /// With a status, headers and a text.
        case status(Int, headers: [String: String] = [:], text: String = "")
        /// With nothing, until the receiver is released.
        case hold
    }

    private struct State {
        var received: [Received] = []
        var answer: @Sendable (Received) -> Answer = { _ in .status(200) }
        var isReleased = false
        var answered = 0
    }

    private let state = Mutex(State())

    /// Everything that was received, oldest first.
    package var received: [Received] { state.withLock { $0.received } }

    /// How many requests were held and then answered.
    package var answeredLate: Int { state.withLock { $0.answered } }

    /// What was received at a path.
    package func received(at path: String) -> [Received] { received.filter { $0.path == path } }

    /// Decides how requests are answered from now on.
    package func answer(_ answer: @escaping @Sendable (Received) -> Answer) {
        state.withLock { $0.answer = answer }
    }

    /// Answers what is held, and holds nothing any more.
    package func release() {
        state.withLock { $0.isReleased = true }
    }

    /// Runs a receiver for the length of the body, at `/` and `/{name}`.
    package static func run(_ body: (WebhookReceiver, _ url: String) async throws -> Void) async throws {
        let receiver = WebhookReceiver()
        let clock = SystemClock()
        let verifier = await TokenVerifier(configuration: TokenConfiguration(secret: nil, issuer: nil), clock: clock)
        let operation = Operation(
            .post, "/{name}", id: "Receiver.receive", summary: "", security: .none, responses: [.init(.ok, "")],
            handler: .anonymous { try await receiver.handle($0) }
        ).takingAnyBody()
        let service = HTTPService(
            configuration: ServiceConfiguration(port: 0, writesAccessLog: false, shutdownTime: .seconds(1)),
            base: BaseOperations(serviceName: "Receiver", greeting: "", explorerAssets: nil, checks: [], clock: clock),
            summary: "", operations: [operation],
            authenticators: AuthenticatorChain([TokenAuthenticator(verifier: verifier)]),
            rateLimiter: RateLimiter(redis: nil, prefix: "", clock: clock), background: [], atEnd: {}, clock: clock,
            logger: testLogger)
        let running = try await RunningService.start(service)
        try await withCleanup {
            try await body(receiver, running.client.url)
        } cleanup: {
            receiver.release()
            await running.stop()
        }
    }

    private func handle(_ request: OperationRequest) async throws -> OperationResponse {
        var headers: [String: String] = [:]
        for field in request.headers { headers[field.name.canonicalName] = field.value }
        let received = Received(path: request.path, headers: headers, body: request.bodyBytes)
        let answer = state.withLock { state in
            state.received.append(received)
            return state.answer(received)
        }
        switch answer {
        case .status(let code, let headers, let text):
            var response = OperationResponse(
                status: HTTPResponse.Status(code: code), body: ByteBuffer(string: text), mediaType: "text/plain")
            for (name, value) in headers {
                if let name = HTTPField.Name(name) { response.headers[name] = value }
            }
            return response
        case .hold:
            while !state.withLock({ $0.isReleased }) { try await Task.sleep(for: .milliseconds(20)) }
            state.withLock { $0.answered += 1 }
            return .noContent
        }
    }
}
