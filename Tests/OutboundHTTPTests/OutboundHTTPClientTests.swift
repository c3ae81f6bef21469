import NIOHTTP1
import OutboundHTTP
import Primitives
import Testing

/// Systems outside that misbehave in every way hold a caller no longer than its deadline, and no more memory than its
/// limit.
@Suite(.timeLimit(.minutes(20))) struct OutboundHTTPClientTests {
    private static let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"
    private static let impatience = Duration.seconds(1)
    private static let patience = Duration.seconds(60)

    private func send(
        to behavior: RawServer.Behavior, addresses: OutboundAddressPolicy = .publicAndPrivate,
        timeout: Duration = patience, body: OutboundHTTPClient.AnswerBody = .collected
    ) async throws -> Result<OutboundAnswer, OutboundHTTPFailure> {
        var result: Result<OutboundAnswer, OutboundHTTPFailure>?
        try await RawServer.run(behavior) { _, url in
            result = try await send(url, addresses: addresses, timeout: timeout, body: body)
        }
        return try #require(result)
    }

    private func send(
        _ url: String, addresses: OutboundAddressPolicy, timeout: Duration, body: OutboundHTTPClient.AnswerBody
    ) async throws -> Result<OutboundAnswer, OutboundHTTPFailure> {
        let client = OutboundHTTPClient(userAgent: "tests", addresses: addresses, maximumAnswerSize: 10_000)
        let result: Result<OutboundAnswer, OutboundHTTPFailure>
        do throws(OutboundHTTPFailure) {
            result = .success(try await client.send(OutboundRequest(.GET, url), timeout: timeout, body: body))
        } catch {
            result = .failure(error)
        }
        await client.shutdown()
        return result
    }

    @Test func `a complete answer has status, headers and body`() async throws {
        let text = Self.head + "content-length: 5\r\nretry-after: 7\r\n\r\nhello"
        let answer = try await send(to: .send(text)).get()
        #expect(answer.status == 200 && answer.isSuccess)
        #expect(answer.body == Array("hello".utf8))
        #expect(answer.headers.first(name: "content-type") == "text/plain")
        #expect(answer.retryAfter(now: Timestamp(microseconds: 0)) == .seconds(7))
    }

    @Test(arguments: [
        RawServer.Behavior.send(""), .send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n"),
        .drip("HTTP/1.1 200 OK\r\n", then: "x: y\r\n"),
        .drip("HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n", then: "x"),
        .drip("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", then: "1\r\nx\r\n"),
        .drip("HTTP/1.1 200 OK\r\n\r\n", then: "x"),
        .drip("", then: "HTTP/1.1 102 Processing\r\n\r\n"),
    ])
    func `an answer that does not end in time fails at the deadline`(behavior: RawServer.Behavior) async throws {
        let result = try await send(to: behavior, timeout: Self.impatience)
        let failure = #expect(throws: OutboundHTTPFailure.self) { try result.get() }
        #expect(failure?.reason == "there was no complete answer within 1.0 seconds")
    }

    @Test(arguments: [
        RawServer.Behavior.send("HTTP/1.1 200 OK\r\ncontent-length: 10001\r\n\r\n"),
        .flood("HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n", then: String(repeating: "x", count: 4096)),
        .flood("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", then: "5\r\nxxxxx\r\n"),
        .flood("HTTP/1.1 200 OK\r\n\r\n", then: String(repeating: "x", count: 4096)),
    ])
    func `a body over the limit fails at once`(behavior: RawServer.Behavior) async throws {
        let result = try await send(to: behavior)
        let failure = #expect(throws: OutboundHTTPFailure.self) { try result.get() }
        #expect(failure?.reason == "the answer is too long")
    }

    @Test(arguments: [
        RawServer.Behavior.flood("HTTP/1.1 200 OK\r\n", then: "x-\(String(repeating: "a", count: 100)): b\r\n"),
        .flood("HTTP/1.1 200 OK\r\nx: ", then: String(repeating: "x", count: 4096)),
        .flood("", then: "HTTP/1.1 102 Processing\r\n\r\n"),
    ])
    func `a head without end fails at once`(behavior: RawServer.Behavior) async throws {
        let result = try await send(to: behavior)
        #expect(throws: OutboundHTTPFailure.self) { try result.get() }
    }

    @Test func `an answer that ends early is a failure`() async throws {
        let result = try await send(to: .sendAndClose(Self.head + "content-length: 100\r\n\r\nhello"))
        #expect(throws: OutboundHTTPFailure.self) { try result.get() }
    }

    @Test(arguments: [
        RawServer.Behavior.drip("HTTP/1.1 202 Accepted\r\ncontent-length: 9000\r\n\r\n", then: "x"),
        .flood("HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\n", then: "5\r\nxxxxx\r\n"),
        .sendAndClose("HTTP/1.1 202 Accepted\r\ncontent-length: 100\r\n\r\nhello"),
    ])
    func `where only the status counts, a bad body does not matter`(behavior: RawServer.Behavior) async throws {
        let answer = try await send(to: behavior, body: .ignored).get()
        #expect(answer.status == 202 && answer.body.isEmpty)
    }

    @Test func `where only the status counts, the deadline ends with the head`() async throws {
        let behavior = RawServer.Behavior.drip("HTTP/1.1 202 Accepted\r\ncontent-length: 9000\r\n\r\n", then: "x")
        try await RawServer.run(behavior) { _, url in
            // Less than the body is read for. On a busy machine the head may be late: then it is asked again.
            for _ in 0..<100 {
                let result = try await send(
                    url, addresses: .publicAndPrivate, timeout: Self.impatience, body: .ignored)
                if result.map(\.status) == .success(202) { return }
            }
            Issue.record("the status got lost")
        }
    }

    @Test func `a redirect is an answer and is not followed`() async throws {
        try await RawServer.run(.send(Self.head + "content-length: 0\r\n\r\n")) { target, url in
            let text = "HTTP/1.1 307 Temporary Redirect\r\nlocation: \(url)/\r\ncontent-length: 0\r\n\r\n"
            let answer = try await send(to: .send(text)).get()
            #expect(answer.status == 307)
            #expect(target.requestCount == 0)
        }
    }

    @Test func `a private address gets no request from a client for public ones`() async throws {
        try await RawServer.run(.send(Self.head + "content-length: 0\r\n\r\n")) { server, url in
            let result = try await send(url, addresses: .publicOnly, timeout: Self.patience, body: .collected)
            let failure = #expect(throws: OutboundHTTPFailure.self) { try result.get() }
            #expect(failure?.reason.contains("internal network") == true)
            #expect(server.requestCount == 0)
        }
    }

    @Test func `a client that was shut down sends nothing`() async throws {
        let client = OutboundHTTPClient(userAgent: "tests", addresses: .publicAndPrivate)
        await client.shutdown()
        await #expect(throws: OutboundHTTPFailure(reason: "the service is stopping")) {
            try await client.send(OutboundRequest(.GET, "http://127.0.0.1:1/"), timeout: .seconds(1))
        }
    }

    @Test(arguments: [
        RawServer.Behavior.flood(head + "content-length: 900000000\r\n\r\n", then: "abcd"),
        .flood(head + "transfer-encoding: chunked\r\n\r\n", then: "4\r\nabcd\r\n"),
        .flood(head + "\r\n", then: "abcd"),
    ])
    func `of a body without end the beginning is an excerpt`(behavior: RawServer.Behavior) async throws {
        let answer = try await send(to: behavior, body: .excerpt(maximumBytes: 10)).get()
        #expect(answer.status == 200 && answer.body == Array("abcdabcdab".utf8))
    }

    @Test(
        arguments: [
            (.send(head + "content-length: 2\r\n\r\nok"), "ok"),
            (.send(head + "content-length: 9\r\n\r\nok"), "ok"),
            (.sendAndClose(head + "content-length: 9\r\n\r\nok"), "ok"),
            (.send(head + "content-length: 0\r\n\r\n"), ""),
        ] as [(RawServer.Behavior, String)])
    func `an excerpt is what has arrived of a body that is short, stalls or breaks off`(
        behavior: RawServer.Behavior, text: String
    ) async throws {
        let answer = try await send(to: behavior, body: .excerpt(maximumBytes: 10)).get()
        #expect(answer.status == 200 && answer.body == Array(text.utf8))
    }

    @Test func `headers without end are no answer, also when only an excerpt is wanted`() async throws {
        let result = try await send(
            to: .flood("HTTP/1.1 200 OK\r\n", then: "x: yyyyyyyyyyyyyyyyyyyy\r\n"), body: .excerpt(maximumBytes: 10))
        #expect(throws: OutboundHTTPFailure.self) { try result.get() }
    }
}
