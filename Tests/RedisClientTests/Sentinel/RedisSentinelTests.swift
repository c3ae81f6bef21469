import Configuration
import ConfigurationChecks
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

    @Test func `master and sentinels are verified, each by its own settings`() async throws {
        try await TestAuthority.with { authority in
            let security = try await RedisSentinelGroup.Security(authority)
            let group = try await RedisSentinelGroup(security)
            let settings = [
                "REDIS_SENTINELS": "127.0.0.1:\(group.sentinel.port)",
                "REDIS_SENTINEL_MASTER": RedisSentinelGroup.masterName,
                // The sentinel has no users: `default` with any password is everybody.
                "REDIS_SENTINEL_USERNAME": "default",
                "REDIS_USERNAME": security.username, "REDIS_PASSWORD": security.password,
                "REDIS_TLS_ENABLED": "true", "REDIS_TLS_CA": authority.certificate,
                "REDIS_TLS_SERVER_NAME": security.name, "REDIS_SENTINEL_TLS_SERVER_NAME": security.name,
                "REDIS_TLS_CERT": security.identity.certificate, "REDIS_TLS_KEY": security.identity.key,
                "REDIS_CONNECT_TIMEOUT_MILLIS": "30000", "REDIS_COMMAND_TIMEOUT_MILLIS": "30000",
            ]
            func outcome(_ change: [String: String]) async throws -> RedisError? {
                let reader = ConfigReader(
                    provider: EnvironmentVariablesProvider(environmentVariables: settings.merging(change) { $1 }))
                var outcome: RedisError?
                try await withClient(try RedisConfiguration(reader: reader)) { client in
                    do {
                        try await client.set("kept", "1")
                    } catch {
                        outcome = error as? RedisError
                    }
                }
                return outcome
            }
            let secure = try await outcome([:])
            #expect(secure == nil)
            // Nothing is asked of a sentinel that is another one, does not speak TLS, or wants another name and password.
            for change in [
                ["REDIS_SENTINEL_TLS_SERVER_NAME": "other.example"], ["REDIS_SENTINEL_TLS_ENABLED": "false"],
                ["REDIS_SENTINEL_USERNAME": "somebody"],
            ] {
                let refused = try await outcome(change)
                #expect(refused == .notConnected(.noSentinel), "\(change)")
            }
            let other = try await outcome(["REDIS_TLS_SERVER_NAME": "other.example"])
            guard case .notConnected(.tls(let fault)) = other else {
                Issue.record("\(String(describing: other))")
                return
            }
            #expect(fault.cause == .wrongName)

            group.master.pause()
            try await eventually("the client finds the new master") {
                try await outcome(["REDIS_CONNECT_TIMEOUT_MILLIS": "2000"]) == nil
            }
        }
    }
}
