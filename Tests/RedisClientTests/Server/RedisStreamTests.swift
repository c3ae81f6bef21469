import RedisTestSupport
import TestSupport
import Testing

@testable import RedisClient

/// Subscriptions and invalidations. Every test has its own server.
@Suite(.timeLimit(.minutes(20))) struct RedisStreamTests {
    @Test func `messages are delivered in order`() async throws {
        let server = try await RedisServerProcess()
        try await withClient(server.configuration) { client in
            var messages = client.subscribe(channels: ["a", "b"]).makeAsyncIterator()
            #expect(await messages.next() == .connected)
            for (channel, payload) in [("a", "1"), ("b", "2"), ("other", "3"), ("a", "4")] {
                try await client.reply("PUBLISH", .text(channel), .text(payload))
            }
            #expect(await messages.next() == .message(channel: "a", payload: [49]))
            #expect(await messages.next() == .message(channel: "b", payload: [50]))
            #expect(await messages.next() == .message(channel: "a", payload: [52]))
        }
    }

    @Test func `channels are subscribed again after a reconnect`() async throws {
        let server = try await RedisServerProcess()
        try await withClient(server.configuration) { client in
            var first = client.subscribe(channels: ["a"]).makeAsyncIterator()
            #expect(await first.next() == .connected)
            var second = client.subscribe(channels: ["a", "b"]).makeAsyncIterator()
            #expect(await second.next() == .connected)
            try await server.stop()
            #expect(await first.next() == .disconnected)
            #expect(await second.next() == .disconnected)
            // One more that comes while there is no server.
            var third = client.subscribe(channels: ["b"]).makeAsyncIterator()
            try await server.start()
            #expect(await first.next() == .connected)
            #expect(await second.next() == .connected)
            #expect(await third.next() == .connected)
            try await eventually("the server answers") { (try? await client.ping()) != nil }
            try await client.reply("PUBLISH", "a", "x")
            try await client.reply("PUBLISH", "b", "y")
            #expect(await first.next() == .message(channel: "a", payload: [120]))
            #expect(await second.next() == .message(channel: "a", payload: [120]))
            #expect(await second.next() == .message(channel: "b", payload: [121]))
            #expect(await third.next() == .message(channel: "b", payload: [121]))
        }
    }

    @Test func `a dropped stream unsubscribes`() async throws {
        let server = try await RedisServerProcess()
        try await withClient(server.configuration) { client in
            do {
                var messages = client.subscribe(channels: ["a"]).makeAsyncIterator()
                #expect(await messages.next() == .connected)
                #expect(try await client.reply("PUBLISH", "a", "x").integer == 1)
            }
            try await eventually("the channel is unsubscribed") {
                try await client.reply("PUBLISH", "a", "x").integer == 0
            }
        }
    }

    @Test func `streams end with shutdown`() async throws {
        let server = try await RedisServerProcess()
        let client = RedisClient(configuration: server.configuration, logger: silentLogger)
        var messages = client.subscribe(channels: ["a"]).makeAsyncIterator()
        var changes = client.invalidations(prefixes: ["p:"]).makeAsyncIterator()
        #expect(await messages.next() == .connected)
        #expect(await changes.next() == .connected)
        await client.shutdown()
        #expect(await messages.next() == nil)
        #expect(await changes.next() == nil)
        var late = client.subscribe(channels: ["a"]).makeAsyncIterator()
        #expect(await late.next() == nil)
        var lateChanges = client.invalidations(prefixes: []).makeAsyncIterator()
        #expect(await lateChanges.next() == nil)
    }

    @Test func `a stream that the server refuses ends`() async throws {
        let server = try await RedisServerProcess([
            "--user", "arc", "on", ">open", "~*", "resetchannels", "&ok", "+@all",
        ])
        var configuration = server.configuration
        configuration.credentials = RedisCredentials(username: "arc", password: RedisSecret("open"))
        try await withClient(configuration) { client in
            var allowed = client.subscribe(channels: ["ok"]).makeAsyncIterator()
            #expect(await allowed.next() == .connected)
            var refused = client.subscribe(channels: ["secret"]).makeAsyncIterator()
            #expect(await refused.next() == nil)
            try await client.reply("PUBLISH", "ok", "x")
            #expect(await allowed.next() == .message(channel: "ok", payload: [120]))
        }
    }

    @Test func `changed keys are reported`() async throws {
        let server = try await RedisServerProcess()
        try await withClient(server.configuration) { client in
            var changes = client.invalidations(prefixes: ["tenant:", "plan:"]).makeAsyncIterator()
            #expect(await changes.next() == .connected)
            try await client.set("other:1", "x")
            try await client.set("tenant:1", "x")
            #expect(await changes.next() == .keys(["tenant:1"]))
            try await client.set("plan:2", "x")
            #expect(await changes.next() == .keys(["plan:2"]))
            try await client.delete("tenant:1")
            #expect(await changes.next() == .keys(["tenant:1"]))
            try await client.reply("FLUSHALL")
            #expect(await changes.next() == .all)
        }
    }

    @Test func `loss and return of tracking are reported`() async throws {
        let server = try await RedisServerProcess()
        try await withClient(server.configuration) { client in
            var changes = client.invalidations(prefixes: ["p:"]).makeAsyncIterator()
            #expect(await changes.next() == .connected)
            for _ in 0..<3 {
                // Ends every connection but the one that asks: the tracking one among them.
                try await client.reply("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
                #expect(await changes.next() == .disconnected)
                #expect(await changes.next() == .connected)
                try await client.set("p:1", "x")
                #expect(await changes.next() == .keys(["p:1"]))
            }
            try await server.stop()
            #expect(await changes.next() == .disconnected)
            try await server.start()
            #expect(await changes.next() == .connected)
            try await eventually("the server accepts writes") { (try? await client.set("p:2", "x")) != nil }
            #expect(await changes.next() == .keys(["p:2"]))
        }
    }

    @Test func `the tracking connection closes when its stream is dropped`() async throws {
        let server = try await RedisServerProcess()
        try await withClient(server.configuration) { client in
            do {
                var changes = client.invalidations(prefixes: []).makeAsyncIterator()
                #expect(await changes.next() == .connected)
                #expect(try await client.reply("INFO", "clients").text?.contains("tracking_clients:1") == true)
            }
            try await eventually("tracking has ended") {
                try await client.reply("INFO", "clients").text?.contains("tracking_clients:0") == true
            }
        }
    }
}
