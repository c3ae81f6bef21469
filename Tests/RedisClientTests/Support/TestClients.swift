import Foundation
import Logging
import Synchronization
import Testing

@testable import RedisClient

/// A quiet logger for clients under test.
let silentLogger = Logger(label: "redis.test") { _ in SwiftLogNoOpLogHandler() }

/// The Redis that the project's test script provides.
enum SharedRedis {
    /// - Parameter database: tests that need isolation choose their own.
    static func configuration(database: Int = 0) throws -> RedisConfiguration {
        let environment = ProcessInfo.processInfo.environment
        let port = environment["ARC_TEST_REDIS_PORT"].flatMap { Int($0) }
        let host = try #require(
            environment["ARC_TEST_REDIS_HOST"],
            "Set ARC_TEST_REDIS_HOST and ARC_TEST_REDIS_PORT to a redis-server for tests (make test does so).")
        return RedisConfiguration(
            endpoint: .host(
                host, port: try #require(port, "ARC_TEST_REDIS_PORT is missing or not a number (make test sets it).")),
            database: database, connectTimeout: .seconds(30), commandTimeout: .seconds(30))
    }
}

/// Runs `body` with a client that is shut down afterwards, whatever happens.
func withClient(
    _ configuration: RedisConfiguration, _ body: (RedisClient) async throws -> Void
) async throws {
    let client = RedisClient(configuration: configuration, logger: silentLogger)
    do {
        try await body(client)
    } catch {
        await client.shutdown()
        throw error
    }
    await client.shutdown()
}

/// A key nobody else uses.
func uniqueKey(_ name: String = "key") -> String { "test:\(name):\(UUID().uuidString)" }

/// Collects what callbacks deliver.
final class Recorder<Value: Sendable>: Sendable {
    private let storage = Mutex<[Value]>([])

    var values: [Value] { storage.withLock { $0 } }

    func record(_ value: Value) { storage.withLock { $0.append(value) } }
}

extension RedisClient {
    /// `send` in the form that reads best in a test.
    @discardableResult
    func reply(_ arguments: RedisArgument...) async throws -> RedisValue { try await send(arguments) }
}
