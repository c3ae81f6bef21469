import StackTestSupport
import TestSupport
import Testing

/// Bodies and heads that are framed incorrectly, incomplete, or too large, over raw sockets.
@Suite(.timeLimit(.minutes(20))) struct FramingTests {
    private static let post = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    private static let chunked = "Transfer-Encoding: chunked\r\n\r\n"

    @Test(arguments: ["zz\r\n", "-1\r\n", "11111111111111111\r\nx", "5\r\nabcdefg\r\n", "\r\n\r\n"])
    func `a chunk with a bad size is answered with 400, and the connection is closed`(_ chunk: String) async throws {
        try await TestHTTPServer.run { server in
            let connection = try await server.connect()
            await connection.send(Self.post + Self.chunked + chunk)
            let answer = try await connection.untilEnded()
            #expect(answer.isEnvelope(400), "\(answer)")
            #expect(answer.lowercased().contains("connection: close") && answer.answers == 1)
            #expect(server.log.lines == [])
        }
    }

    @Test(arguments: ["Content-Length: 10\r\n\r\n{}", "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"])
    func `a body that ends early is answered with 400`(_ rest: String) async throws {
        try await TestHTTPServer.run { server in
            let connection = try await server.connect()
            await connection.send(Self.post + rest)
            await connection.closeOutput()
            #expect(try await connection.untilEnded().isEnvelope(400))
            #expect(server.log.lines == [])
        }
    }

    @Test func `a client that disconnects within a body is not an error`() async throws {
        try await TestHTTPServer.run { server in
            for _ in 0..<20 {
                let connection = try await server.connect()
                await connection.send(Self.post + "Content-Length: 10\r\n\r\n{}")
                await connection.close()
            }
            let other = try await server.connect()
            await other.post("/echo", "{}")
            try await other.until("200 OK")
            #expect(server.log.lines == [])
        }
    }

    @Test func `a body that does not arrive in time is answered with 408`() async throws {
        try await TestHTTPServer.run(["HTTP_REQUEST_TIMEOUT_SECONDS": "1"]) { server in
            let connection = try await server.connect()
            await connection.send(Self.post + "Content-Length: 10\r\n\r\n{}")
            #expect(try await connection.untilEnded().isEnvelope(408))
            #expect(server.log.lines == [])
        }
    }

    @Test func `bad framing of a body that nobody reads ends the connection`() async throws {
        try await TestHTTPServer.run { server in
            let connection = try await server.connect()
            await connection.send("GET /ping HTTP/1.1\r\nHost: a\r\n" + Self.chunked + "zz\r\n")
            let answer = try await connection.untilEnded()
            #expect(answer.status == nil || answer.status == 200 || answer.status == 400)
            #expect(answer.answers <= 1 && server.log.lines == [])
        }
    }

    @Test func `heads that are too large are answered in the envelope`() async throws {
        try await TestHTTPServer.run(["HTTP_MAX_HEAD_BYTES": "8192"]) { server in
            let long = String(repeating: "a", count: 9000)
            for (head, status) in [
                ("GET /\(long) HTTP/1.1\r\nHost: a\r\n\r\n", 414), ("GET /?q=\(long)", 414),
                ("GET /ping HTTP/1.1\r\nHost: a\r\nX-A: \(long)\r\n\r\n", 431),
                ("GET /ping HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X-A: b\r\n", count: 1500) + "\r\n", 431),
            ] {
                let connection = try await server.connect()
                await connection.send(head)
                let answer = try await connection.untilEnded()
                #expect(answer.isEnvelope(status), "\(head.prefix(30)): \(answer)")
            }
        }
    }

    @Test(
        arguments: [
            "GET /ping HTTP/1.1\r\n\r\n", "GET /ping HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
            "GET /ping HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", "GET /ping HTTP/1.1\r\nHost: a b\r\n\r\n",
            "GET /ping HTTP/1.1\r\nHost: a/b\r\n\r\n", "GET /ping HTTP/1.1\r\nHost: u@a\r\n\r\n",
            "GET /ping HTTP/1.1\r\nHost: a:b\r\n\r\n", "GET /ping HTTP/1.1\r\nHost:\r\n\r\n",
            "GET /ping HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", "BREW /ping HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /ping HTTP/1.1\r\nHost : a\r\n\r\n", "nonsense\r\n\r\n",
        ])
    func `a head without exactly one valid Host, or that is not HTTP, is a 400`(_ head: String) async throws {
        try await TestHTTPServer.run { server in
            let connection = try await server.connect()
            await connection.send(head)
            let answer = try await connection.untilEnded()
            #expect(answer.isEnvelope(400) && answer.answers == 1, "\(answer)")
        }
    }

    @Test(arguments: ["a", "a:1", "a.example.com:8080", "127.0.0.1:3005", "[::1]", "[::1]:3005", "my_service:80", "a:"])
    func `a usual Host is accepted`(_ host: String) async throws {
        try await TestHTTPServer.run { server in
            let connection = try await server.connect()
            await connection.send("GET /ping HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            #expect(try await connection.until("greeting").status == 200)
        }
    }

    @Test func `the answer to a bad head comes after those to the requests before it`() async throws {
        try await TestHTTPServer.run { server in
            let connection = try await server.connect()
            let good = "GET /ping HTTP/1.1\r\nHost: a\r\n\r\n"
            await connection.send(good + good + "GET /ping HTTP/1.1\r\n\r\n" + good)
            let answer = try await connection.untilEnded()
            #expect(answer.answers == 3, "\(answer)")
            #expect(answer.hasPrefix("HTTP/1.1 200 OK") && answer.contains("HTTP/1.1 400 Bad Request"))
        }
    }

    @Test func `connections persist as version and Connection say`() async throws {
        try await TestHTTPServer.run { server in
            for (head, ends) in [
                ("GET /ping HTTP/1.0\r\n\r\n", true), ("GET /ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false),
                ("GET /ping HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n", true),
                ("GET /ping HTTP/1.1\r\nHost: a\r\nConnection: close, TE\r\n\r\n", true),
                ("GET /ping HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", true),
                ("GET /ping HTTP/1.1\r\nHost: a\r\n\r\n", false),
            ] {
                let connection = try await server.connect()
                await connection.send(head)
                if ends {
                    let answer = try await connection.untilEnded()
                    #expect(answer.status == 200 && answer.lowercased().contains("connection: close"), "\(answer)")
                } else {
                    try await connection.until("greeting")
                    await connection.send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
                    try await connection.until("404 Not Found")
                }
            }
        }
    }

    @Test func `Expect is answered with 100 or with the final answer`() async throws {
        try await TestHTTPServer.run { server in
            let expect = "Content-Type: application/json\r\nExpect: 100-continue\r\n"
            let good = try await server.connect()
            await good.send("POST /echo HTTP/1.1\r\nHost: a\r\n\(expect)Content-Length: 12\r\n\r\n")
            #expect(try await good.until("\r\n\r\n").hasPrefix("HTTP/1.1 100 Continue\r\n"))
            await good.send("{\"text\":\"a\"}")
            let answer = try await good.until("{\"text\":\"a\"}")
            #expect(answer.contains("HTTP/1.1 200 OK") && !answer.lowercased().contains("connection: close"))
            for (head, status) in [
                ("POST /private HTTP/1.1\r\nHost: a\r\n\(expect)Content-Length: 12\r\n\r\n", 401),
                ("POST /echo HTTP/1.1\r\nHost: a\r\n\(expect)Content-Length: 99999999\r\n\r\n", 413),
                ("POST /nothing HTTP/1.1\r\nHost: a\r\n\(expect)Content-Length: 12\r\n\r\n", 404),
                ("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 200-maybe\r\nContent-Length: 12\r\n\r\n", 417),
            ] {
                let connection = try await server.connect()
                await connection.send(head)
                let answer = try await connection.untilEnded()
                #expect(answer.isEnvelope(status) && answer.answers == 1, "\(answer)")
                #expect(!answer.contains("100 Continue"))
            }
        }
    }

    @Test func `a body that is too large is refused and the client can read why`() async throws {
        try await TestHTTPServer.run { server in
            for framing in ["Content-Length: 4000000\r\n\r\n", Self.chunked + "3d0900\r\n"] {
                let connection = try await server.connect()
                await connection.send(Self.post + framing)
                await connection.send(String(repeating: "x", count: 4_000_000))
                let answer = try await connection.untilEnded()
                #expect(answer.isEnvelope(413), "\(framing): \(answer)")
            }
        }
    }

    /// The same on the services themselves, which read bodies before and after they know the caller.
    @Test func `no service answers bad framing with 500`() async throws {
        let log = RecordedLog()
        try await TestStack.run(logger: log.logger) { stack in
            for (kind, path) in [
                (TestStack.ServiceKind.tenantManagement, "/leads"), (.tenantManagement, "/tenants"),
                (.subscription, "/plans"), (.orchestrator, "/event-bridge/events/TENANT_PROVISIONING"),
            ] {
                let port = try #require(stack.node(kind)?.port)
                for authorization in ["", "Authorization: Bearer \(stack.admin)\r\n"] {
                    let head = "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\(authorization)"
                    for rest in [
                        Self.chunked + "zz\r\n", Self.chunked + "-1\r\n", Self.chunked + "fffffffffffffffff\r\n",
                        Self.chunked + "5\r\nab", "Content-Length: 50\r\n\r\n{}",
                    ] {
                        let connection = try await RawConnection.open(port: port)
                        await connection.send(head + rest)
                        await connection.closeOutput()
                        let answer = try await connection.untilEnded()
                        #expect([400, 429, nil].contains(answer.status), "\(kind) \(path) \(rest): \(answer)")
                    }
                }
            }
            #expect(log.lines == [])
        }
    }
}
