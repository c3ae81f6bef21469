import Configuration
import ConfigurationChecks
import Entities
import HTTPTypes
import JSONCoding
import Logging
import NIOCore
import Primitives
import ServiceKit
import StackTestSupport
import TestSupport

/// A service of two operations without databases: what is tested is everything before an operation.
struct TestHTTPServer {
    let service: HTTPService
    let running: RunningService
    let port: Int
    let log: RecordedLog

    /// Bytes that `GET /large` answers.
    static let largeAnswer = 8 << 20

    /// Runs it. Deadlines are long unless a test is about them: this machine may be slow.
    static func run(
        _ environment: [String: String] = [:], _ body: (TestHTTPServer) async throws -> Void
    ) async throws {
        let log = RecordedLog()
        let reader = try EnvironmentReader.make(
            folder: "/nonexistent",
            environment: environment.merging([
                "PORT": "0", "ACCESS_LOG": "false", "HTTP_HEAD_TIMEOUT_SECONDS": "600",
                "HTTP_REQUEST_TIMEOUT_SECONDS": "600", "HTTP_WRITE_TIMEOUT_SECONDS": "600",
                "HTTP_IDLE_TIMEOUT_SECONDS": "600",
            ]) { given, _ in given })
        let clock = SystemClock()
        let verifier = await TokenVerifier(configuration: TokenConfiguration(secret: nil, issuer: nil), clock: clock)
        let service = HTTPService(
            configuration: try ServiceConfiguration(reader: reader, defaultPort: 0),
            base: BaseOperations(
                serviceName: "Test", greeting: "Hello", explorerAssets: nil, checks: [], clock: clock),
            summary: "Test", operations: operations,
            authenticators: AuthenticatorChain([TokenAuthenticator(verifier: verifier)]),
            rateLimiter: RateLimiter(redis: nil, prefix: "", clock: clock), background: [], atEnd: {}, clock: clock,
            logger: log.logger)
        let running = try await RunningService.start(service)
        try await withCleanup {
            try await body(TestHTTPServer(service: service, running: running, port: running.port, log: log))
        } cleanup: {
            await running.stop()
        }
    }

    /// Opens a connection.
    func connect(from: String? = nil, reads: Bool = true) async throws -> RawConnection {
        try await RawConnection.open(port: port, from: from, reads: reads)
    }

    private static var operations: [Operation] {
        let schema = Schema.object([.init("text", .string(maxLength: 10))], name: "Echo")
        let large = ByteBuffer(repeating: UInt8(ascii: "x"), count: largeAnswer)
        return [
            Operation(
                .post, "/echo", id: "Test.echo", summary: "Echo", security: .none, requestBody: schema,
                responses: [.init(.ok, "The body", schema: schema)],
                handler: .anonymous { call in .json(call.bodyBytes) }),
            Operation(
                .post, "/private", id: "Test.private", summary: "For nobody", security: .bearer(permissions: []),
                requestBody: schema, responses: [.init(.noContent, "Never")],
                handler: .authenticated { _ in .noContent }),
            Operation(
                .get, "/large", id: "Test.large", summary: "A large answer", security: .none,
                responses: [.init(.ok, "Bytes", mediaType: "text/plain")],
                handler: .anonymous { _ in OperationResponse(status: .ok, body: large, mediaType: "text/plain") }),
        ]
    }
}

extension RawConnection {
    /// Sends a request with a body and the head that it needs.
    func post(_ path: String, _ body: String, headers: String = "") async {
        await send(
            "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
                + headers + "\r\n" + body)
    }
}

extension String {
    /// The status of the first answer.
    var status: Int? { split(separator: " ").dropFirst().first.flatMap { Int($0) } }

    /// Answers in it, without informational ones.
    var answers: Int { split(separator: "HTTP/1.1 ", omittingEmptySubsequences: true).count { !$0.hasPrefix("1") } }

    /// Whether the first answer is an error in the envelope, with a request id.
    func isEnvelope(_ status: Int) -> Bool {
        self.status == status && contains("\"error\":{\"statusCode\":\(status)")
            && lowercased().contains("\r\nx-request-id: ")
    }
}
