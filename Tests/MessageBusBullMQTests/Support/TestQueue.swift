import JSONCoding
import MessageBusTestSupport
import Primitives
import RedisClient
import TestSupport
import Testing
import WorkQueue

@testable import MessageBusBullMQ

/// A queue that no other test uses, on the Redis of the tests. Its prefix has a hash tag, as a cluster needs it.
struct TestQueue: Sendable {
    let port: Int
    let client: RedisClient
    let queue: BullMQQueue

    var name: BullMQName { queue.name }

    static func with(_ body: (TestQueue) async throws -> Void) async throws {
        guard let port = Int(try testVariable("ARC_TEST_REDIS_PORT")) else {
            throw TestFailure("ARC_TEST_REDIS_PORT is not a number")
        }
        let configuration = RedisConfiguration(
            endpoint: .host(try testVariable("ARC_TEST_REDIS_HOST"), port: port), connectTimeout: .seconds(30),
            commandTimeout: .seconds(30))
        let client = RedisClient(configuration: configuration, logger: testLogger)
        let name = try BullMQName(prefix: "{test-\(Identifier.v4())}", queue: "q")
        let test = TestQueue(port: port, client: client, queue: BullMQQueue(name: name, client: client))
        do {
            try await body(test)
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
    }

    /// The same queue over another connection.
    func connected() -> (queue: BullMQQueue, client: RedisClient) {
        let other = RedisClient(configuration: client.configuration, logger: testLogger)
        return (BullMQQueue(name: name, client: other), other)
    }

    /// Adds a job of our producer.
    @discardableResult
    func add(
        _ id: String, name: String = "job", data: String = "{}", _ change: (inout BullMQJobOptions) -> Void = { _ in }
    ) async throws -> BullMQQueue.Addition {
        var options = BullMQJobOptions { $0.id = id }
        change(&options)
        return try await queue.add(name, data: json(data), options: options)
    }

    /// A command on one of the queue's keys.
    @discardableResult
    func on(_ suffix: String, _ command: RedisArgument, _ arguments: RedisArgument...) async throws -> RedisValue {
        try await client.send([command, .text(name.key(suffix))] + arguments)
    }

    /// Has the official Queue perform operations; see bullmq_queue.py.
    func official(_ operations: JSONValue...) async throws -> [JSONValue] {
        let commands = JSONValue.array(operations)
        let output = try await PythonPeer.run(
            "bullmq_queue.py",
            ["\(port)", name.prefix, name.queue, String(decoding: commands.serialized(), as: UTF8.self)])
        return try #require(try JSONValue.parse(Array(output.utf8)).arrayValue)
    }

    /// Our worker.
    func worker(
        concurrency: Int = 1, lease: Duration = .seconds(30),
        settings: BullMQWorkerSettings = BullMQWorkerSettings(blockTime: .milliseconds(200)),
        on queue: BullMQQueue? = nil,
        _ handler: @escaping @Sendable (BullMQJob) async throws -> [UInt8]?
    ) -> @Sendable () async throws -> Void {
        let worker = LeasedWorker(
            store: BullMQJobStore(queue: queue ?? self.queue, settings: settings, logger: testLogger),
            configuration: BullMQJobStore.configuration(concurrency: concurrency, lease: lease), logger: testLogger
        ) { item in .done(try await handler(item.job)) }
        return { await worker.run() }
    }

    /// Claims by hand.
    func claimant(_ settings: BullMQWorkerSettings = BullMQWorkerSettings()) -> BullMQClaimant {
        BullMQClaimant(queue: queue, settings: settings, logger: testLogger)
    }

    /// Waits until a job is in a state.
    func until(_ id: String, is state: String) async throws {
        try await eventually("job \(id) is \(state)") { try await queue.state(of: id) == state }
    }

    /// The names of the events about a job, or of all.
    func events(of id: String? = nil) async throws -> [String] {
        let entries = try await on("events", "XRANGE", "-", "+").array ?? []
        return entries.compactMap { entry in
            let fields = entry.array?.last?.hashFields ?? [:]
            let text = fields.mapValues { String(decoding: $0, as: UTF8.self) }
            return id == nil || text["jobId"] == id ? text["event"] : nil
        }
    }
}

extension BullMQClaimant {
    /// The ids of jobs that are claimed now.
    func claimIDs(_ limit: Int = 100, lock: Duration = .seconds(30)) async throws -> [String] {
        try await claim(limit: limit, lock: lock).map(\.claim.job)
    }
}

/// Shorthand for JSON text.
func json(_ text: String) -> [UInt8] { Array(text.utf8) }
