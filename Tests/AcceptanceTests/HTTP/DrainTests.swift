import ServiceKit
import StackTestSupport
import TestSupport
import Testing

/// What clients see of a node that ends, such as in a rolling upgrade.
@Suite(.timeLimit(.minutes(20))) struct DrainTests {
    private static let ping = "GET /ping HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let closes = "connection: close"

    @Test func `a draining service is not ready, answers everything, and ends each connection with a response`()
        async throws
    {
        try await TestHTTPServer.run(["DRAIN_SECONDS": "300"]) { server in
            let kept = try await server.connect()
            await kept.send(Self.ping)
            #expect(try await !kept.until("greeting").lowercased().contains(Self.closes))

            await server.running.beginToStop()
            let answer = try await eventually("it is not ready") { () -> String? in
                let connection = try await server.connect()
                await connection.send("GET /health/ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                let answer = try await connection.untilEnded()
                return answer.status == 503 ? answer : nil
            }
            #expect(answer.contains(#"{"status":"unavailable","checks":{"service":"draining"}}"#))

            #expect(!kept.isEnded)
            await kept.post("/echo", #"{"text":"kept"}"#)
            #expect(try await kept.untilEnded().lowercased().contains(Self.closes))
            #expect(kept.received.contains("kept") && kept.received.answers == 2)

            let pipelining = try await server.connect()
            await pipelining.send(Self.ping + Self.ping)
            #expect(try await pipelining.untilEnded().answers == 2)
            await server.running.cancel()
        }
    }

    @Test func `a service that ends finishes the requests that have begun, and says that no further one is taken`()
        async throws
    {
        try await TestHTTPServer.run(["SHUTDOWN_SECONDS": "300"]) { server in
            let idle = try await server.connect()
            await idle.send(Self.ping)
            try await idle.until("greeting")
            let unused = try await server.connect()
            let body = #"{"text":"late"}"#
            let begun = try await server.connect()
            await begun.send(
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
                    + "\r\n" + body.prefix(3))
            let head = try await server.connect()
            await head.send("GET /ping HTTP/1.1\r\nHost: a\r\n")
            try await eventually("all are accepted") { server.service.openConnections == 4 }

            await server.running.beginToStop()
            #expect(try await idle.untilEnded().answers == 1)
            #expect(try await unused.untilEnded() == "")
            try await eventually("nobody can connect") {
                (try? await server.connect()) == nil
            }
            #expect(!begun.isEnded && !head.isEnded)
            await begun.send(String(body.dropFirst(3)))
            await head.send("\r\n")
            for connection in [begun, head] {
                let answer = try await connection.untilEnded()
                #expect(answer.status == 200 && answer.lowercased().contains(Self.closes), "\(answer)")
                // The service waits for clients that may not have read the answer yet.
                await connection.close()
            }
        }
    }
}
