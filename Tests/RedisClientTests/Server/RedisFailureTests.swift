import Foundation
import RedisTestSupport
import TestSupport
import Testing

@testable import RedisClient

/// What happens when the server disappears, stalls or refuses. Every test has its own server.
@Suite(.timeLimit(.minutes(20))) struct RedisFailureTests {
    @Test func `commands fail at once without a server`() async throws {
        let port = try TestCommand.freePort()
        let configuration = RedisConfiguration(
            endpoint: .host("127.0.0.1", port: port), connectTimeout: .seconds(30), commandTimeout: .seconds(30))
        try await withClient(configuration) { client in
            // The first waits for the outcome of the first attempt, the second for nothing.
            for _ in 0..<2 {
                await #expect(throws: RedisError.notConnected(.refused)) { try await client.ping() }
            }
            #expect(!client.isConnected)
        }
    }

    @Test func `an unknown host or a missing socket is a typed error`() async throws {
        try await withClient(RedisConfiguration(endpoint: .host("host.invalid", port: 6379))) { client in
            await #expect(throws: RedisError.self) { try await client.ping() }
        }
        try await withClient(RedisConfiguration(endpoint: .socket(path: "/nonexistent/redis.sock"))) { client in
            await #expect(throws: RedisError.notConnected(.refused)) { try await client.ping() }
        }
    }

    @Test func `a client connects through a socket`() async throws {
        let server = try await RedisServerProcess(["--unixsocket", "redis.sock"])
        var configuration = server.configuration
        configuration.endpoint = .socket(path: server.folder.appendingPathComponent("redis.sock").path)
        try await withClient(configuration) { try await $0.ping() }
    }

    @Test func `a client connects when its server appears`() async throws {
        let server = try await RedisServerProcess()
        try await server.stop()
        try await withClient(server.configuration) { client in
            await #expect(throws: RedisError.notConnected(.refused)) { try await client.ping() }
            try await server.start()
            try await eventually("the client is connected") { client.isConnected }
            try await client.ping()
        }
    }

    @Test func `a client recovers from restarts under load`() async throws {
        let server = try await RedisServerProcess()
        try await withClient(server.configuration) { client in
            try await client.ping()
            let wrong = Recorder<String>()
            let (succeeded, failed) = (Recorder<Int>(), Recorder<Int>())
            let load = (0..<16).map { task in
                Task {
                    var (successes, failures, round) = (0, 0, 0)
                    while !Task.isCancelled {
                        round += 1
                        do {
                            let echoed = try await client.reply("ECHO", "\(task):\(round)")
                            if echoed.text != "\(task):\(round)" { wrong.record("foreign reply") }
                            successes += 1
                            if successes == 1 { succeeded.record(task) }
                        } catch RedisError.notConnected, RedisError.connectionLost {
                            failures += 1
                            if failures == 1 { failed.record(task) }
                            try? await Task.sleep(for: .milliseconds(1))
                        } catch RedisError.server(let error) where error.isTransient {
                        } catch RedisError.cancelled {
                            break
                        } catch {
                            wrong.record("\(error)")
                        }
                    }
                }
            }
            for _ in 0..<3 {
                try await client.ping()
                try await server.stop()
                try await eventually("the client is disconnected") { !client.isConnected }
                try await eventually("every task has noticed") { failed.values.count == load.count }
                try await server.start()
                try await eventually("the client is connected") { client.isConnected }
            }
            try await client.ping()
            try await eventually("every task is served") { succeeded.values.count == load.count }
            for task in load { task.cancel() }
            for task in load { await task.value }
            #expect(wrong.values.isEmpty)
        }
    }

    @Test func `a stalled server is given up`() async throws {
        let server = try await RedisServerProcess()
        var configuration = server.configuration
        configuration.commandTimeout = .seconds(1)
        configuration.connectTimeout = .seconds(1)
        try await withClient(configuration) { client in
            try await eventually("the server answers") { (try? await client.ping()) != nil }
            server.pause()
            await #expect(throws: RedisError.timeout) { try await client.ping() }
            await #expect {
                try await client.ping()
            } throws: { error in
                (error as? RedisError)?.isUnavailable == true
            }
            server.resume()
            try await eventually("the client is connected") { client.isConnected }
            try await eventually("the server answers") { (try? await client.ping()) != nil }
        }
    }

    @Test func `a stall is noticed without commands`() async throws {
        let server = try await RedisServerProcess()
        var configuration = server.configuration
        configuration.commandTimeout = .seconds(1)
        configuration.keepAliveInterval = .milliseconds(100)
        try await withClient(configuration) { client in
            try await eventually("the server answers") { (try? await client.ping()) != nil }
            server.pause()
            try await eventually("the client is disconnected") { !client.isConnected }
            server.resume()
            try await eventually("the client is connected") { client.isConnected }
        }
    }

    @Test func `the commands that wait for a stalled server are limited`() async throws {
        let server = try await RedisServerProcess()
        var configuration = server.configuration
        configuration.maximumWaitingCommands = 10
        // The ten must wait, not time out, while a loaded machine gets round to the probes.
        configuration.commandTimeout = .seconds(60)
        try await withClient(configuration) { client in
            try await client.ping()
            server.pause()
            let waiting = (0..<10).map { _ in Task { try await client.ping() } }
            // Some of the ten may be on their way into the queue still.
            try await eventually("no more commands may wait") {
                let probe = Task { try await client.ping() }
                // Cancelled only after it has had time to ask: a task cancelled before it runs asks nothing.
                try await Task.sleep(for: .milliseconds(50))
                probe.cancel()
                do {
                    try await probe.value
                    return false
                } catch {
                    return error as? RedisError == .overloaded
                }
            }
            server.resume()
            for task in waiting { _ = await task.result }
            try await client.ping()
        }
    }

    @Test func `a client authenticates`() async throws {
        let server = try await RedisServerProcess([
            "--requirepass", "sesame", "--user", "arc", "on", ">open", "~*", "&*", "+@all",
        ])
        var configuration = server.configuration
        await Self.expectHandshakeError(.authenticationRequired, configuration)
        configuration.credentials = RedisCredentials(password: RedisSecret("sesame"))
        try await withClient(configuration) { try await $0.ping() }
        configuration.credentials = RedisCredentials(username: "arc", password: RedisSecret("open"))
        try await withClient(configuration) { client async throws in
            #expect(try await client.reply("ACL", "WHOAMI").text == "arc")
            #expect(try await client.reply("CLIENT", "GETNAME").text == "arc")
        }
        configuration.credentials = RedisCredentials(username: "arc", password: RedisSecret("wrong"))
        await Self.expectHandshakeError(.wrongPassword, configuration)
    }

    @Test func `commands fail when the database cannot be selected`() async throws {
        let server = try await RedisServerProcess(["--databases", "2"])
        await Self.expectHandshakeError(.generic, server.configuration.with(database: 2))
    }

    @Test func `a read-only replica is recognized by its error code`() async throws {
        let server = try await RedisServerProcess()
        try await withClient(server.configuration) { client in
            let nobody = try TestCommand.freePort()
            try await client.reply("REPLICAOF", "127.0.0.1", .integer(Int64(nobody)))
            await #expect {
                try await client.set("k", "v")
            } throws: { error in
                (error as? RedisError)?.serverCode == .readOnly && (error as? RedisError)?.isUnavailable == true
            }
        }
    }

    @Test func `a cluster that is down is recognized by its error code`() async throws {
        let server = try await RedisServerProcess([
            "--cluster-enabled", "yes", "--cluster-port", "\(TestCommand.freePort())",
        ])
        try await withClient(server.configuration) { client in
            await #expect {
                try await client.set("k", "v")
            } throws: { error in
                (error as? RedisError)?.serverCode == .clusterDown
            }
        }
    }

    @Test func `a script that the server forgot is loaded again`() async throws {
        let server = try await RedisServerProcess()
        try await withClient(server.configuration) { client in
            let script = RedisScript("return redis.call('INCR', KEYS[1])")
            #expect(try await client.evaluate(script, keys: ["n"]).integer == 1)
            #expect(try await client.evaluate(script, keys: ["n"]).integer == 2)
            try await client.reply("SCRIPT", "FLUSH")
            #expect(try await client.evaluate(script, keys: ["n"]).integer == 3)
            #expect(try await client.reply("SCRIPT", "EXISTS", .text(script.digest)) == .array([.integer(1)]))
            let statistics = try await client.reply("INFO", "commandstats").text ?? ""
            #expect(statistics.contains("cmdstat_eval:calls=2,"))
            #expect(statistics.contains("cmdstat_evalsha:calls=3,"))
        }
    }

    private static func expectHandshakeError(_ code: RedisServerError.Code, _ configuration: RedisConfiguration) async {
        await #expect {
            try await withClient(configuration) { try await $0.ping() }
        } throws: { error in
            guard case .notConnected(.handshake(let error)) = error as? RedisError else { return false }
            return error.code == code
        }
    }
}
