import RedisTestSupport
import TestSupport
import Testing

@testable import RedisClient

/// Clients whose server the sentinels name.
@Suite(.timeLimit(.minutes(20))) struct RedisSentinelTests {
    @Test func `commands and subscriptions move to the master that the sentinels choose`() async throws {
        let group = try await RedisSentinelGroup()
        try await withClient(try group.configuration()) { client in
            try await client.set("kept", "1")
            #expect(try await client.reply("WAIT", "1", "60000").integer == 1, "the replica has it")
            let seen = Recorder<RedisMessage>()
            let stream = client.subscribe(channels: ["news"])
            let listening = Task { for await message in stream { seen.record(message) } }
            defer { listening.cancel() }
            try await eventually("the subscription is connected") { seen.values.contains(.connected) }

            // It keeps its connections: only what the sentinel says can move the client, long before its own deadlines.
            group.master.pause()
            let value = try await client.throughFailover(isRepeatable: true) { () throws(RedisError) in
                try await client.get("kept")
            }
            #expect(value == Array("1".utf8))
            let role = try await client.throughFailover(isRepeatable: true) { () throws(RedisError) in
                try await client.send(["CONFIG", "GET", "port"])
            }
            #expect(role["port"]?.text == "\(group.replica.port)")
            try await eventually("a message arrives by the new master") {
                _ = try? await client.reply("PUBLISH", "news", "hello")
                return seen.values.contains(.message(channel: "news", payload: Array("hello".utf8)))
            }

            // The old one comes back as a replica, which takes nobody away.
            group.master.resume()
            try await client.set("later", "2")
            #expect(try await client.get("later") == Array("2".utf8))
        }
    }

    @Test func `a name that no sentinel watches is a connection failure`() async throws {
        let group = try await RedisSentinelGroup()
        var configuration = try group.configuration()
        configuration.sentinels?.master = "unknown"
        try await withClient(configuration) { client in
            await #expect(throws: RedisError.notConnected(.noSentinel)) { try await client.ping() }
        }
    }
}
