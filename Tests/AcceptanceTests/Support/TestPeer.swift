import HTTPTypes
import JSONCoding
import NIOCore
import PostgresTestSupport
import Primitives
import ServiceKit
import StackTestSupport
import Synchronization

/// A small HTTP server in this process in place of an external server, with faults on demand.
final class TestPeer: Sendable {
    /// What goes wrong with a request.
    enum Fault: Sendable {
        /// It is answered so and has no effect.
        case instead(HTTPResponse.Status, headers: HTTPFields = [:], body: JSONValue = [:])
        /// It has its effect, but is answered so.
        case afterwards(HTTPResponse.Status)
        /// It is not answered.
        case silence
        /// It is answered with very much.
        case flood
    }

    typealias Handler = @Sendable (OperationRequest) throws -> OperationResponse

    private struct State {
        var faults: [(method: String, pathEnd: String, fault: Fault)] = []
        var requests: [String] = []
    }

    private let state = Mutex(State())

    /// `POST /a/b` of every request that came, oldest first.
    var requests: [String] { state.withLock { $0.requests } }

    /// Lets the next request of this kind go wrong.
    func fail(_ method: String, pathEnd: String, _ fault: Fault) {
        state.withLock { $0.faults.append((method, pathEnd, fault)) }
    }

    /// Runs a server for the length of the body.
    func run(
        _ routes: [(method: HTTPRequest.Method, path: String, handler: Handler)], _ body: (String) async throws -> Void
    ) async throws {
        let clock = SystemClock()
        let verifier = await TokenVerifier(configuration: TokenConfiguration(secret: nil, issuer: nil), clock: clock)
        let operations = routes.map { route in
            Operation(
                route.method, route.path, id: "Peer.\(route.path)", summary: "", security: .none,
                responses: [.init(.ok, "")],
                handler: .anonymous { call in try await self.answer(call, route.handler) }
            ).takingAnyBody()
        }
        let service = HTTPService(
            configuration: ServiceConfiguration(port: 0, writesAccessLog: false, shutdownTime: .seconds(1)),
            base: BaseOperations(serviceName: "Peer", greeting: "", explorerAssets: nil, checks: [], clock: clock),
            summary: "", operations: operations,
            authenticators: AuthenticatorChain([TokenAuthenticator(verifier: verifier)]),
            rateLimiter: RateLimiter(redis: nil, prefix: "", clock: clock), background: [], atEnd: {}, clock: clock,
            logger: testLogger)
        let running = try await RunningService.start(service)
        try await withCleanup {
            try await body(running.client.url)
        } cleanup: {
            await running.stop()
        }
    }

    private func answer(_ call: OperationRequest, _ handler: Handler) async throws -> OperationResponse {
        let fault: Fault? = state.withLock { state in
            state.requests.append("\(call.method.rawValue) \(call.path)")
            let index = state.faults.firstIndex {
                $0.method == call.method.rawValue && call.path.hasSuffix($0.pathEnd)
            }
            return index.map { state.faults.remove(at: $0).fault }
        }
        switch fault {
        case nil: return try handler(call)
        case .instead(let status, let headers, let body):
            return OperationResponse(status: status, headers: headers, body: ByteBuffer(bytes: body.serialized()))
        case .afterwards(let status):
            _ = try handler(call)
            return Self.json(status, ["error": "unknown_error"])
        case .silence:
            try await Task.sleep(for: .seconds(60))
            return .noContent
        case .flood:
            return OperationResponse(status: .ok, body: ByteBuffer(repeating: 0x20, count: 2 << 20))
        }
    }

    static func json(_ status: HTTPResponse.Status, _ body: JSONValue) -> OperationResponse {
        .json(body.serialized(), status: status)
    }

    /// The body of a request as JSON.
    static func body(_ call: OperationRequest) -> JSONObject {
        (try? JSONValue.parse(call.bodyBytes))?.objectValue ?? [:]
    }

    /// The fields of a form, decoded.
    static func form(_ call: OperationRequest) -> [String: String] {
        fields(String(decoding: call.bodyBytes, as: UTF8.self))
    }

    /// The parameters of the query, decoded.
    static func query(_ call: OperationRequest) -> [String: String] { fields(call.query) }

    private static func fields(_ text: String) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            fields[String(parts[0])] = parts.count == 2 ? PercentEncoding.decode(parts[1]) ?? "" : ""
        }
        return fields
    }
}
