import Synchronization
import TestSupport
import Testing

@testable import RedisClient

/// Commands against the Redis that the test script provides.
@Suite(.timeLimit(.minutes(20))) struct RedisCommandTests {
    @Test func `values are set, read and deleted`() async throws {
        try await withClient(SharedRedis.configuration()) { client in
            let key = uniqueKey()
            try await client.ping()
            #expect(client.isConnected)
            #expect(try await client.get(key) == nil)
            #expect(try await client.set(key, [0, 13, 10, 255]))
            #expect(try await client.get(key) == [0, 13, 10, 255])
            #expect(try await client.set(key, "text"))
            #expect(try await client.get(key) == Array("text".utf8))
            #expect(try await client.timeToLive(key) == .unlimited)
            #expect(try await client.delete([key, uniqueKey()]) == 1)
            #expect(try await client.delete(key) == false)
            #expect(try await client.delete([]) == 0)
        }
    }

    @Test func `values are set on conditions`() async throws {
        try await withClient(SharedRedis.configuration()) { client in
            let key = uniqueKey()
            #expect(try await client.set(key, "0", condition: .ifPresent) == false)
            #expect(try await client.set(key, "1", condition: .ifAbsent))
            #expect(try await client.set(key, "2", condition: .ifAbsent) == false)
            #expect(try await client.set(key, "3", expire: .seconds(100), condition: .ifPresent))
            #expect(try await client.get(key) == Array("3".utf8))
            try await client.delete(key)
        }
    }

    @Test func `keys expire`() async throws {
        try await withClient(SharedRedis.configuration()) { client in
            let key = uniqueKey()
            #expect(try await client.timeToLive(key) == .missing)
            #expect(try await client.expire(key, after: .seconds(1)) == false)
            try await client.set(key, "x", expire: .seconds(1000))
            guard case .remaining(let duration) = try await client.timeToLive(key) else {
                Issue.record("no time to live")
                return
            }
            #expect((.seconds(900) ... .seconds(1000)).contains(duration))
            #expect(try await client.expire(key, after: .microseconds(1)))
            try await eventually("the key has expired") { try await client.get(key) == nil }
            await #expect(throws: RedisError.invalidCommand(.expiryNotPositive)) {
                try await client.set(key, "x", expire: .zero)
            }
            await #expect(throws: RedisError.invalidCommand(.expiryNotPositive)) {
                try await client.expire(key, after: .seconds(-1))
            }
        }
    }

    @Test func `several keys are read at once`() async throws {
        try await withClient(SharedRedis.configuration()) { client in
            let (first, second) = (uniqueKey(), uniqueKey())
            try await client.set(first, "1")
            #expect(try await client.get([first, second, first]) == [[49], nil, [49]])
            #expect(try await client.get([String]()) == [])
            try await client.delete(first)
        }
    }

    @Test func `of many concurrent callers one takes a value`() async throws {
        try await withClient(SharedRedis.configuration()) { client in
            let key = uniqueKey()
            try await client.set(key, "once")
            let winners = try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
                for _ in 0..<20 { group.addTask { try await client.getDelete(key) } }
                return try await group.reduce(into: 0) { $0 += $1 == nil ? 0 : 1 }
            }
            #expect(winners == 1)
        }
    }

    @Test func `any command is sent and every type read`() async throws {
        try await withClient(SharedRedis.configuration()) { client async throws in
            let key = uniqueKey()
            #expect(try await client.reply("HSET", .text(key), "f", "1") == .integer(1))
            #expect(
                try await client.reply("HGETALL", .text(key))
                    == .map([.init(key: .bytes([102]), value: .bytes([49]))]))
            #expect(try await client.reply("ZADD", .text(key + "z"), "1.5", "m") == .integer(1))
            #expect(try await client.reply("ZSCORE", .text(key + "z"), "m") == .double(1.5))
            #expect(try await client.reply("SADD", .text(key + "s"), "m") == .integer(1))
            #expect(try await client.reply("SMEMBERS", .text(key + "s")) == .set([.bytes([109])]))
            #expect(try await client.reply("INFO", "server").text?.contains("redis_version") == true)
            #expect(try await client.delete([key, key + "z", key + "s"]) == 3)
        }
    }

    @Test func `errors are typed, and the connection stays usable`() async throws {
        try await withClient(SharedRedis.configuration()) { client in
            let key = uniqueKey()
            try await client.set(key, "text")
            await #expect {
                try await client.reply("LPUSH", .text(key), "x")
            } throws: { error in
                (error as? RedisError)?.serverCode == .wrongType
            }
            await #expect {
                try await client.reply("NOSUCHCOMMAND")
            } throws: { error in
                (error as? RedisError)?.serverCode == .generic
            }
            await #expect(throws: RedisError.invalidCommand(.changesConnection)) {
                try await client.reply("SELECT", 1)
            }
            #expect(try await client.delete(key))
        }
    }

    @Test func `a pipeline is answered in order`() async throws {
        try await withClient(SharedRedis.configuration()) { client in
            let key = uniqueKey()
            let results = try await client.pipeline([
                ["MULTI"], ["SET", .text(key), "5"], ["LPUSH", .text(key), "x"], ["INCR", .text(key)], ["EXEC"],
                ["GET", .text(key)],
            ])
            #expect(results.count == 6)
            #expect(results[0] == .success(.simple("OK")))
            guard case .success(.array(let executed)) = results[4] else {
                Issue.record("EXEC did not answer an array")
                return
            }
            #expect(executed[0] == .simple("OK"))
            guard case .error(let error) = executed[1] else {
                Issue.record("a failed command of EXEC is not an error")
                return
            }
            #expect(error.code == .wrongType)
            #expect(executed[2] == .integer(6))
            #expect(results[5] == .success(.bytes([54])))
            #expect(try await client.pipeline([]) == [])
            try await client.delete(key)
        }
    }

    @Test func `every task gets its own reply`() async throws {
        var configuration = try SharedRedis.configuration()
        configuration.connections = 2
        try await withClient(configuration) { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<64 {
                    group.addTask {
                        let key = uniqueKey("task\(task)")
                        for round in 0..<50 {
                            let value = Array("\(task):\(round)".utf8) + [UInt8](repeating: 1, count: round * 40)
                            try await client.set(key, value)
                            #expect(try await client.get(key) == value)
                        }
                        try await client.delete(key)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `cancellation does not affect other commands`() async throws {
        try await withClient(SharedRedis.configuration()) { client in
            let key = uniqueKey()
            try await client.set(key, "0")
            let outcomes = Recorder<Bool>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        let inner = Task { try await client.get(key) }
                        inner.cancel()
                        do {
                            outcomes.record(try await inner.value == [48])
                        } catch {
                            outcomes.record(error as? RedisError == .cancelled)
                        }
                    }
                    group.addTask {
                        for number in 0..<20 {
                            let echoed = try await client.reply("ECHO", .integer(Int64(number)))
                            #expect(echoed.integer == Int64(number))
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(outcomes.values.count == 50)
            #expect(outcomes.values.allSatisfy { $0 })
            #expect(client.isConnected)
            try await client.delete(key)
        }
    }

    @Test func `large values are transferred`() async throws {
        try await withClient(SharedRedis.configuration()) { client in
            let key = uniqueKey()
            let value = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            try await client.set(key, value)
            #expect(try await client.get(key) == value)
            try await client.delete(key)
        }
    }

    @Test func `databases are separate`() async throws {
        let key = uniqueKey()
        try await withClient(SharedRedis.configuration(database: 3)) { third in
            try await third.set(key, "three")
            try await withClient(SharedRedis.configuration(database: 4)) { fourth async throws in
                #expect(try await fourth.get(key) == nil)
            }
            #expect(try await third.get(key) == Array("three".utf8))
            try await third.delete(key)
        }
    }

    @Test func `scripts are evaluated`() async throws {
        try await withClient(SharedRedis.configuration()) { client in
            let key = uniqueKey()
            let script = RedisScript("return {KEYS[1], ARGV[1], redis.call('INCRBY', KEYS[1], ARGV[1])}")
            let reply = try await client.evaluate(script, keys: [key], arguments: [5])
            #expect(reply == .array([.bytes(Array(key.utf8)), .bytes([53]), .integer(5)]))
            await #expect {
                try await client.evaluate(RedisScript("return redis.error_reply('BUSY no')"))
            } throws: { error in
                (error as? RedisError)?.serverCode == .busy
            }
            try await client.delete(key)
        }
    }

    @Test func `commands are refused after shutdown`() async throws {
        let client = RedisClient(configuration: try SharedRedis.configuration(), logger: silentLogger)
        try await client.ping()
        await client.shutdown()
        await client.shutdown()
        #expect(!client.isConnected)
        await #expect(throws: RedisError.closed) { try await client.ping() }
    }

    @Test func `commands that were accepted before shutdown are answered`() async throws {
        let client = RedisClient(configuration: try SharedRedis.configuration(), logger: silentLogger)
        try await client.ping()
        let commands = (0..<100).map { _ in Task { try await client.ping() } }
        await client.shutdown()
        for command in commands {
            do {
                try await command.value
            } catch {
                #expect(error as? RedisError == .closed)
            }
        }
    }

    @Test func `a client runs until it is shut down or canceled`() async throws {
        let first = RedisClient(configuration: try SharedRedis.configuration(), logger: silentLogger)
        let running = Task { await first.run() }
        try await eventually("the client is connected") { first.isConnected }
        await first.shutdown()
        await running.value
        let second = RedisClient(configuration: try SharedRedis.configuration(), logger: silentLogger)
        let cancelled = Task { await second.run() }
        try await eventually("the client is connected") { second.isConnected }
        cancelled.cancel()
        await cancelled.value
        await #expect(throws: RedisError.closed) { try await second.ping() }
    }
}
