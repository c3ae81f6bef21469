import Configuration
import JSONCoding
import NIOHTTP1
import OutboundHTTP
import Primitives
import StackTestSupport
import TestSupport
import Testing

@testable import AWS

@Suite(.timeLimit(.minutes(20))) struct AWSClientTests {
    private typealias Answer = ScriptedServer.Answer

    private static func session(
        _ url: String, _ variables: [String: String] = [:], clock: any WallClock = SystemClock()
    ) throws -> AWSSession {
        let all = [
            "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIDTEST",
            "AWS_SECRET_ACCESS_KEY": "secret-of-AKIDTEST", "AWS_ENDPOINT_URL": url,
        ].merging(variables) { $1 }
        let reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: all))
        return AWSSession(configuration: try AWSConfiguration(reader: reader), clock: clock, logger: testLogger)
    }

    /// Calls an operation of a server that answers as told.
    private func call(
        _ script: @escaping ScriptedServer.Script, _ variables: [String: String] = [:],
        clock: any WallClock = SystemClock(),
        _ check: (Result<JSONValue, AWSError>, [ScriptedServer.Request]) throws -> Void
    ) async throws {
        try await ScriptedServer.run(script) { server, url in
            let session = try Self.session(url, variables, clock: clock)
            let result: Result<JSONValue, AWSError>
            do throws(AWSError) {
                result = .success(try await session.client(.sqs).call("SendMessage", ["QueueUrl": "q"]))
            } catch {
                result = .failure(error)
            }
            await session.shutdown()
            try check(result, server.requests)
        }
    }

    private func failure(_ result: Result<JSONValue, AWSError>) throws -> AWSError {
        try #require(throws: AWSError.self) { try result.get() }
    }

    @Test func `a call is a signed POST with its target, and any content type may come back`() async throws {
        try await call({ _, _ in Answer(200, headers: [("content-type", "text/html")], #"{"MessageId":"m"}"#) }) {
            (result, requests) throws in
            #expect(try result.get()["MessageId"] == "m")
            let request = try #require(requests.first)
            #expect(request.method == .POST && request.uri == "/" && request.body == #"{"QueueUrl":"q"}"#)
            #expect(request.headers.first(name: "x-amz-target") == "AmazonSQS.SendMessage")
            #expect(request.headers.first(name: "content-type") == "application/x-amz-json-1.0")
            let authorization = try #require(request.headers.first(name: "authorization"))
            #expect(authorization.hasPrefix("AWS4-HMAC-SHA256 Credential=AKIDTEST/"))
            #expect(authorization.contains("SignedHeaders=content-type;host;x-amz-date;x-amz-target"))
            #expect(requests.count == 1)
        }
    }

    @Test func `a service that cannot serve now is asked again, and so is one that wants fewer requests`() async throws
    {
        let codes = ["ServiceUnavailable", "ThrottlingException"]
        try await call({ _, number in
            switch number {
            case 0: Answer(503, codes[0])
            case 1: Answer(400, #"{"__type":"com.amazon.coral#\#(codes[1])"}"#)
            default: Answer(200, "{}")
            }
        }) { (result, requests) throws in
            #expect(try result.get() == [:])
            #expect(requests.count == 3)
        }
    }

    @Test func `after some attempts the failure says what kind it is`() async throws {
        try await call({ _, _ in Answer(429, headers: [("retry-after", "0")], "{}") }) { (result, requests) throws in
            let error = try failure(result)
            #expect(error.kind == .throttled && error.isDependencyUnavailable && error.retryAfter == .zero)
            #expect(requests.count == 4)
        }
        try await call({ _, _ in Answer(500, #"{"__type":"InternalFailure"}"#) }) { (result, requests) throws in
            let error = try failure(result)
            #expect(error.kind == .unavailable && error.code == "InternalFailure" && requests.count == 4)
        }
    }

    @Test func `a wait beyond the deadline is not begun`() async throws {
        try await call({ _, _ in Answer(503, headers: [("retry-after", "3600")], "") }) { (result, requests) throws in
            #expect(try failure(result).retryAfter == .seconds(3600))
            #expect(requests.count == 1)
        }
    }

    @Test func `what is refused is not repeated, and messages of the service are not kept`() async throws {
        let body = #"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"x-amz-security-token:hidden"}"#
        try await call({ _, _ in Answer(400, body) }) { (result, requests) throws in
            let error = try failure(result)
            #expect(error.kind == .refused && !error.isDependencyUnavailable)
            #expect(error.description == "sqs SendMessage: refused (QueueDoesNotExist, status 400)")
            #expect(requests.count == 1)
        }
        try await call({ _, _ in Answer(403, headers: [("x-amzn-errortype", "AccessDenied:http://x/")], "no") }) {
            (result, _) throws in
            #expect(try failure(result).code == "AccessDenied")
        }
    }

    @Test func `an answer that is no object is an outage`() async throws {
        for body in ["<html>", "[]", #"{"a":"#] {
            try await call({ _, _ in Answer(200, body) }) { (result, _) throws in
                #expect(try failure(result).kind == .unavailable)
            }
        }
    }

    @Test func `a refused time is replaced by the time of the service, once`() async throws {
        let clock = ManualClock(Timestamp(iso8601: "2026-01-05T10:00:00Z") ?? Timestamp(seconds: 0))
        let late = [("Date", "Mon, 05 Jan 2026 12:00:00 GMT")]
        let refusal = Answer(403, headers: late, #"{"__type":"InvalidSignatureException"}"#)
        try await call({ _, number in number == 0 ? refusal : Answer(200, "{}") }, clock: clock) {
            (result, requests) throws in
            _ = try result.get()
            let times = requests.map { $0.headers.first(name: "x-amz-date") }
            #expect(times == ["20260105T100000Z", "20260105T120000Z"])
        }
        // The second refusal is final: the time is right now.
        try await call({ _, _ in refusal }, clock: clock) { (result, requests) throws in
            #expect(try failure(result).kind == .refused)
            #expect(requests.count == 2)
        }
        // A signature that is wrong for another reason is not repeated.
        let now = [("Date", "Mon, 05 Jan 2026 10:00:30 GMT")]
        try await call({ _, _ in Answer(403, headers: now, #"{"__type":"SignatureDoesNotMatch"}"#) }, clock: clock) {
            (result, requests) throws in
            #expect(try failure(result).code == "SignatureDoesNotMatch")
            #expect(requests.count == 1)
        }
    }

    @Test func `credentials that a service calls expired are fetched anew, once`() async throws {
        func document(_ key: String) -> String {
            #"{"AccessKeyId":"\#(key)","SecretAccessKey":"s","Token":"t","Expiration":"2099-01-01T00:00:00Z"}"#
        }
        let (first, second) = (document("ASIAOLD"), document("ASIANEW"))
        try await ScriptedServer.run { _, number in
            Answer(200, number == 0 ? first : second)
        } _: { source, sourceURL in
            let variables = [
                "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_CONTAINER_CREDENTIALS_FULL_URI": sourceURL,
            ]
            try await call(
                { request, _ in
                    request.headers.first(name: "authorization")?.contains("ASIANEW") == true
                        ? Answer(200, "{}") : Answer(403, #"{"__type":"ExpiredTokenException"}"#)
                }, variables
            ) { (result, requests) throws in
                _ = try result.get()
                #expect(requests.count == 2)
                #expect(requests.allSatisfy { $0.headers.first(name: "x-amz-security-token") == "t" })
            }
            try await call({ _, _ in Answer(403, #"{"__type":"ExpiredTokenException"}"#) }, variables) {
                (result, requests) throws in
                #expect(try failure(result).kind == .credentials)
                #expect(requests.count == 2)
            }
        }
    }

    @Test func `without credentials nothing is sent`() async throws {
        try await call(
            { _, _ in Answer(200, "{}") },
            [
                "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "",
                "AWS_WEB_IDENTITY_TOKEN_FILE": "/no/such/file", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/arc",
            ]
        ) { (result, requests) throws in
            #expect(try failure(result).kind == .credentials)
            #expect(requests.isEmpty)
        }
    }

    @Test func `a service that does not answer costs no more than the deadline`() async throws {
        try await call(
            { _, _ in
                try? await Task.sleep(for: .seconds(30))
                return Answer(200, "{}")
            }, ["AWS_REQUEST_TIMEOUT_MILLIS": "10000"]
        ) { (result, requests) throws in
            #expect(try failure(result).kind == .unavailable)
            #expect(requests.count == 1)
        }
    }

    @Test func `a server that checks signatures takes ours, and refuses those of a wrong secret or an old time`()
        async throws
    {
        let url = "http://127.0.0.1:\(try await AWSTestServer.port())"
        func list(_ session: AWSSession) async throws -> AWSError? {
            defer { Task { await session.shutdown() } }
            do throws(AWSError) {
                _ = try await session.client(.sqs).call("ListQueues", ["QueueNamePrefix": "ü € 😀"])
                return nil
            } catch {
                return error
            }
        }
        #expect(try await list(Self.session(url)) == nil)
        let wrong = try await list(Self.session(url, ["AWS_SECRET_ACCESS_KEY": "wrong"]))
        #expect(wrong?.code == "SignatureDoesNotMatch")
        let expired = ["AWS_ACCESS_KEY_ID": "EXPIRED", "AWS_SECRET_ACCESS_KEY": "secret-of-EXPIRED"]
        #expect(try await list(Self.session(url, expired))?.kind == .credentials)
        // A clock that is an hour late is corrected by the answer.
        let late = ManualClock(SystemClock().now().adding(.seconds(-3600)))
        #expect(try await list(Self.session(url, clock: late)) == nil)
    }
}
