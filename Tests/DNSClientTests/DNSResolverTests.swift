import DNSClient
import NIOCore
import StackTestSupport
import TestSupport
import Testing

/// Lookups at a name server that does what the test wants.
@Suite struct DNSResolverTests {
    private static func name() throws -> DNSName { try #require(DNSName("_arc-verification.acme.com")) }

    private static func resolver(_ ports: Int..., timeout: Duration = .seconds(30)) throws -> DNSResolver {
        DNSResolver(
            configuration: DNSConfiguration(
                servers: try ports.map { try SocketAddress(ipAddress: "127.0.0.1", port: $0) }, timeout: timeout))
    }

    @Test func `the strings of a record are joined, and records stay apart`() async throws {
        try await FakeNameServer.run { server in
            server.publish(
                "_arc-verification.acme.com", [["v=spf1 -all"], ["arc-verifi", "", "cation=1"], ["ünïcode"]])
            let texts = try await Self.resolver(server.port).texts(of: try Self.name())
            #expect(texts == ["v=spf1 -all", "arc-verification=1", "ünïcode"])
            #expect(server.datagrams == 1 && server.connections == 0)
        }
    }

    @Test func `a name that does not exist has no texts`() async throws {
        try await FakeNameServer.run { server in
            let texts = try await Self.resolver(server.port).texts(of: try Self.name())
            #expect(texts == [])
        }
    }

    @Test func `an alias leads to the texts of another name`() async throws {
        try await FakeNameServer.run { server in
            server.publish("_arc-verification.acme.com", aliasOf: "acme.verify.example.net")
            server.publish("acme.verify.example.net", [["1"]])
            let texts = try await Self.resolver(server.port).texts(of: try Self.name())
            #expect(texts == ["1"])
        }
    }

    @Test func `an answer that was cut off is read over TCP`() async throws {
        try await FakeNameServer.run { server in
            let records = (0..<100).map { ["record \($0)", String(repeating: "x", count: 250)] }
            server.publish("_arc-verification.acme.com", records)
            server.behave(.truncate)
            let texts = try await Self.resolver(server.port).texts(of: try Self.name())
            #expect(texts == records.map { $0.joined() })
            #expect(server.datagrams == 1 && server.connections == 1)
        }
    }

    @Test func `answers with another id, for another name or from another port are ignored`() async throws {
        try await FakeNameServer.run { server in
            server.publish("_arc-verification.acme.com", [["forged"]])
            server.behave(.forge)
            let texts = try await Self.resolver(server.port).texts(of: try Self.name())
            #expect(texts == [])
            #expect(server.datagrams == 1)
        }
    }

    @Test func `a lost datagram is sent again`() async throws {
        try await FakeNameServer.run { server in
            server.publish("_arc-verification.acme.com", [["1"]])
            server.behave(.silenceOnce)
            // It is sent again after half of the time.
            let texts = try await Self.resolver(server.port, timeout: .seconds(20)).texts(of: try Self.name())
            #expect(texts == ["1"])
            #expect(server.datagrams == 2)
        }
    }

    @Test func `a server that fails is followed by the next one`() async throws {
        try await FakeNameServer.run { first in
            first.behave(.fail(2))
            try await FakeNameServer.run { second in
                second.publish("_arc-verification.acme.com", [["1"]])
                let texts = try await Self.resolver(first.port, second.port).texts(of: try Self.name())
                #expect(texts == ["1"] && first.datagrams == 1)
            }
        }
    }

    @Test(arguments: [2, 5] as [UInt8]) func `servers that all fail are an error with their code`(code: UInt8)
        async throws
    {
        try await FakeNameServer.run { server in
            server.behave(.fail(code))
            await #expect(throws: DNSError.refused(code: code)) {
                try await Self.resolver(server.port).texts(of: try Self.name())
            }
            #expect(server.datagrams == 2)
        }
    }

    @Test(arguments: [FakeNameServer.Behavior.silence, .truncateAndStall])
    func `a lookup ends at its deadline, whatever the server does`(behavior: FakeNameServer.Behavior) async throws {
        try await FakeNameServer.run { server in
            server.publish("_arc-verification.acme.com", [["1"]])
            server.behave(behavior)
            await #expect(throws: DNSError.timedOut) {
                try await Self.resolver(server.port, timeout: .milliseconds(300)).texts(of: try Self.name())
            }
        }
    }

    @Test func `an answer that cannot be read is an error`() async throws {
        try await FakeNameServer.run { server in
            server.behave(.garble)
            await #expect(throws: DNSError.malformed) {
                try await Self.resolver(server.port).texts(of: try Self.name())
            }
        }
    }

    @Test func `nobody at the address is an error at once`() async throws {
        let port = try TestCommand.freePort()
        await #expect(throws: DNSError.unreachable) {
            try await Self.resolver(port).texts(of: try Self.name())
        }
    }

    @Test func `a canceled lookup ends`() async throws {
        try await FakeNameServer.run { server in
            server.behave(.silence)
            let (resolver, name) = (try Self.resolver(server.port, timeout: .seconds(600)), try Self.name())
            let lookup = Task { try await resolver.texts(of: name) }
            try await eventually("the query has arrived") { server.datagrams == 1 }
            lookup.cancel()
            await #expect(throws: DNSError.cancelled) { try await lookup.value }
        }
    }
}
