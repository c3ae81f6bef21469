import JSONCoding
import PostgresTestSupport
import ServiceKit
import StackTestSupport
import Testing

/// Clients that open connections and do nothing, or do not read.
@Suite(.timeLimit(.minutes(20))) struct ConnectionLimitTests {
    private static let ping = "GET /ping HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func `a silent connection is closed after the idle time`() async throws {
        try await TestHTTPServer.run(["HTTP_IDLE_TIMEOUT_SECONDS": "1"]) { server in
            let silent = try await server.connect()
            #expect(try await silent.untilEnded() == "")
        }
    }

    @Test func `unfinished heads are answered with 408 after the deadline`() async throws {
        try await TestHTTPServer.run(["HTTP_HEAD_TIMEOUT_SECONDS": "1"]) { server in
            try await eventually("an unfinished first head is answered") {
                let first = try await server.connect()
                await first.send("GET /ping HTTP/1.1\r\nHost: a\r\n")
                return try await first.untilEnded().isEnvelope(408)
            }
            try await eventually("an unfinished second head is answered") {
                let second = try await server.connect()
                await second.send(Self.ping)
                try await eventually("the first answer is there") {
                    second.isEnded || second.received.contains("greeting")
                }
                await second.send("GET /ping HT")
                return try await second.untilEnded().contains("HTTP/1.1 408 Request Timeout")
            }
        }
    }

    @Test func `a head that is sent byte by byte ends at the deadline all the same`() async throws {
        try await TestHTTPServer.run(["HTTP_HEAD_TIMEOUT_SECONDS": "1"]) { server in
            try await eventually("it is answered with 408") {
                let connection = try await server.connect()
                await connection.send("GET /ping HTTP/1.1\r\nHost: a\r\nX-A: ")
                while !connection.isEnded {
                    await connection.send("a")
                    try await Task.sleep(for: .milliseconds(20))
                }
                return connection.received.isEnvelope(408)
            }
        }
    }

    @Test func `thousands of unfinished heads from one address keep nobody out`() async throws {
        let limits = ["HTTP_MAX_CONNECTIONS": "600", "HTTP_MAX_CONNECTIONS_PER_ADDRESS": "500"]
        try await TestHTTPServer.run(limits.merging(["HTTP_HEAD_TIMEOUT_SECONDS": "600"]) { $1 }) { server in
            var attack: [RawConnection] = []
            for _ in 0..<1500 {
                let connection = try await server.connect()
                await connection.send("GET /ping HTTP/1.1\r\nHost: a\r\n")
                attack.append(connection)
            }
            // Somebody else, and somebody behind the same address.
            for address in ["127.0.0.2", nil] {
                let client = try await server.connect(from: address)
                await client.send(Self.ping)
                #expect(try await client.until("greeting").status == 200)
            }
            let connections = attack
            try await eventually("the oldest have made room") { connections.count(where: \.isEnded) >= 1000 }
            for connection in attack { await connection.close() }
        }
    }

    @Test func `many addresses that fill every place keep nobody out`() async throws {
        let limits = ["HTTP_MAX_CONNECTIONS": "50", "HTTP_MAX_CONNECTIONS_PER_ADDRESS": "20"]
        try await TestHTTPServer.run(limits.merging(["HTTP_HEAD_TIMEOUT_SECONDS": "600"]) { $1 }) { server in
            var attack: [RawConnection] = []
            for number in 0..<100 {
                let connection = try await server.connect(from: "127.0.1.\(1 + number % 10)")
                await connection.send("GET")
                attack.append(connection)
            }
            let client = try await server.connect(from: "127.0.0.2")
            await client.send(Self.ping)
            #expect(try await client.until("greeting").status == 200)
            for connection in attack { await connection.close() }
        }
    }

    @Test func `connections of trusted proxies are not counted by address`() async throws {
        let limits = [
            "HTTP_MAX_CONNECTIONS_PER_ADDRESS": "2", "TRUSTED_PROXIES": "127.0.0.1", "HTTP_HEAD_TIMEOUT_SECONDS": "600",
        ]
        try await TestHTTPServer.run(limits) { server in
            var connections: [RawConnection] = []
            for _ in 0..<20 {
                let connection = try await server.connect()
                await connection.send(Self.ping)
                try await connection.until("greeting")
                connections.append(connection)
            }
            #expect(connections.allSatisfy { !$0.isEnded })
        }
    }

    @Test func `answers that nobody reads are dropped at the write deadline`() async throws {
        try await TestHTTPServer.run(["HTTP_WRITE_TIMEOUT_SECONDS": "1"]) {
            server in
            let connection = try await server.connect(reads: false)
            let requests = 4
            await connection.send(String(repeating: "GET /large HTTP/1.1\r\nHost: a\r\n\r\n", count: requests))
            try await eventually("something is waiting to be sent") { server.service.unsentAnswerBytes > 0 }
            try await eventually("it is dropped, with its connection") {
                server.service.unsentAnswerBytes == 0 && server.service.openConnections == 0
            }
            try await connection.startReading()
            _ = try await connection.untilEnded()
            #expect(connection.receivedBytes < requests * TestHTTPServer.largeAnswer)
        }
    }

    @Test func `a client that reads gets all of a large answer`() async throws {
        try await TestHTTPServer.run { server in
            let connection = try await server.connect()
            await connection.send("GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            // With its half closed, too: what is still to be sent is not thrown away.
            await connection.closeOutput()
            _ = try await connection.untilEnded()
            #expect(connection.receivedBytes > TestHTTPServer.largeAnswer)
        }
    }

    @Test func `answers that nobody reads are bounded in all, and those who read are served`() async throws {
        let limits = ["HTTP_WRITE_TIMEOUT_SECONDS": "3600", "HTTP_MAX_UNSENT_BYTES": "20000000"]
        try await TestHTTPServer.run(limits) { server in
            var attack: [RawConnection] = []
            for _ in 0..<8 {
                let connection = try await server.connect(reads: false)
                await connection.send(String(repeating: "GET /large HTTP/1.1\r\nHost: a\r\n\r\n", count: 2))
                attack.append(connection)
            }
            try await eventually("there was too much, and some is dropped") { server.service.openConnections < 8 }
            #expect(server.service.unsentAnswerBytes <= 20_000_000)
            let client = try await server.connect()
            await client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            try await eventually("the answer is there") { client.receivedBytes > TestHTTPServer.largeAnswer }
            for connection in attack { await connection.close() }
        }
    }
}
