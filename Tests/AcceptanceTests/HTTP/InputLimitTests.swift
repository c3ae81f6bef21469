import HTTPTypes
import JSONCoding
import StackTestSupport
import TestSupport
import Testing

/// Counts of what a request consists of, beyond its size.
@Suite(.timeLimit(.minutes(20))) struct InputLimitTests {
    private static let head = "GET /ping HTTP/1.1\r\nHost: a\r\n"

    @Test func `a request has as many header fields as are allowed, and no more`() async throws {
        try await TestHTTPServer.run(["HTTP_MAX_HEADER_FIELDS": "50"]) { server in
            let fitting = try await server.connect()
            await fitting.send(Self.head + String(repeating: "X: y\r\n", count: 49) + "\r\n")
            #expect(try await fitting.until("greeting").status == 200)
            let excessive = try await server.connect()
            await excessive.send(Self.head + String(repeating: "X: y\r\n", count: 50) + "\r\n")
            let answer = try await excessive.untilEnded()
            #expect(answer.isEnvelope(431), "\(answer)")
        }
    }

    @Test func `a query has as many parameters as are allowed, and no more`() async throws {
        try await TestHTTPServer.run { server in
            for (count, status) in [(2048, 200), (2049, 400)] {
                let connection = try await server.connect()
                let query = Array(repeating: "a=b", count: count).joined(separator: "&")
                await connection.send("GET /ping?\(query) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                let answer = try await connection.untilEnded()
                #expect(answer.status == status, "\(count): \(answer.prefix(300))")
            }
        }
    }

    @Test(arguments: ["gzip", "deflate", "br", "gzip, identity"]) func `a compressed body is not opened`(
        encoding: String
    ) async throws {
        try await TestHTTPServer.run { server in
            let connection = try await server.connect()
            await connection.send(
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Encoding: \(encoding)\r\n"
                    + "Content-Length: 2\r\nConnection: close\r\n\r\n{}")
            let answer = try await connection.untilEnded()
            #expect(answer.isEnvelope(415) && answer.lowercased().contains("accept-encoding: identity"), "\(answer)")
        }
    }

    @Test func `a body of many small values is refused before they are in memory`() async throws {
        try await TestHTTPServer.run { server in
            let connection = try await server.connect()
            let body = "[" + String(repeating: "1,", count: 450_000) + "1]"
            await connection.send(
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)")
            let answer = try await connection.untilEnded()
            #expect(answer.isEnvelope(400) && answer.contains("too many values"), "\(answer.prefix(500))")
        }
    }

    /// The parts of what has arrived wait in memory; the connection is not read while they do.
    @Test func `thousands of requests that are sent at once are answered one after the other`() async throws {
        try await TestHTTPServer.run { server in
            let connection = try await server.connect()
            let count = 3000
            await connection.send(String(repeating: Self.head + "\r\n", count: count))
            await connection.send(Self.head + "Connection: close\r\n\r\n")
            let answer = try await connection.untilEnded()
            #expect(answer.answers == count + 1)
        }
    }
}
