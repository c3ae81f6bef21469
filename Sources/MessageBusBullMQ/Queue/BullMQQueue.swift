import JSONCoding
import Primitives
package import RedisClient

/// A queue of BullMQ, as producers and operators use it.
///
/// Each operation is one atomic script on the keys that BullMQ 5 and 6 use, so official producers, workers and tools can
/// use the same queue.
package struct BullMQQueue: Sendable {
    package let name: BullMQName
    let client: RedisClient

    /// - Parameter client: Its commands do not block.
    package init(name: BullMQName, client: RedisClient) {
        self.name = name
        self.client = client
    }

    /// The result of adding a job.
    package enum Addition: Sendable, Hashable {
        case added(id: String)
        /// The queue has a job with this id already; nothing was added.
        case duplicated(id: String)
        /// Another job has the same deduplication id; this one was not added.
        case deduplicated(id: String)
    }

    /// Adds a job.
    /// - Parameters:
    ///   - jobName: Shown by tools; 1 to 500 bytes.
    ///   - data: Any JSON.
    /// - Throws: `BullMQError.invalid` for a name, data or options that BullMQ does not accept; nothing is added.
    @discardableResult
    package func add(
        _ jobName: String, data: [UInt8], options: BullMQJobOptions = BullMQJobOptions()
    ) async throws(BullMQError) -> Addition {
        guard (1...500).contains(jobName.utf8.count) else { throw .invalid(member: "name") }
        guard (try? JSONValue.parse(stored: data)) != nil else { throw .invalid(member: "data") }
        try options.check()
        let deduplication = options.deduplication
        let reply = try await run(
            BullMQScripts.add,
            [
                .text(options.id ?? ""), .text(jobName), .bytes(data), .bytes(options.json.serialized()), .integer(0),
                .integer(options.delay.millisecondsRoundedUp), .integer(Int64(options.priority)),
                .flag(options.isLastInFirstOut), .text(deduplication?.id ?? ""),
                .integer(deduplication?.life?.millisecondsRoundedUp ?? 0), .flag(deduplication?.extends ?? false),
                .flag(deduplication?.replaces ?? false),
            ])
        guard let parts = reply.array, parts.count == 2, let id = parts[0].text else { throw .unexpectedReply }
        switch parts[1].text {
        case "added": return .added(id: id)
        case "duplicated": return .duplicated(id: id)
        case "deduplicated": return .deduplicated(id: id)
        default: throw .unexpectedReply
        }
    }

    /// Stops workers from taking jobs until ``resume()``.
    package func pause() async throws(BullMQError) { _ = try await run(BullMQScripts.pause, ["1"]) }

    /// Ends a pause.
    package func resume() async throws(BullMQError) { _ = try await run(BullMQScripts.pause, ["0"]) }

    /// Reads a job; nil if the queue has no job with this id.
    /// - Throws: `BullMQError.invalid` for a job whose data or options cannot be read.
    package func job(_ id: String) async throws(BullMQError) -> BullMQJob? {
        let reply = try await send(["HGETALL", .text(name.key(id))])
        guard let fields = reply.hashFields, !fields.isEmpty else { return nil }
        return try BullMQJob(id: id, fields: fields)
    }

    /// The state of a job: `completed`, `failed`, `delayed`, `active`, `waiting`, `prioritized` or `waiting-children`; nil if the
    /// queue has no such job.
    package func state(of id: String) async throws(BullMQError) -> String? {
        for set in ["completed", "failed", "delayed", "prioritized", "waiting-children"] {
            if try await !send(["ZSCORE", .text(name.key(set)), .text(id)]).isNull { return set }
        }
        for (list, state) in [("active", "active"), ("wait", "waiting"), ("paused", "waiting")] {
            if try await !send(["LPOS", .text(name.key(list)), .text(id)]).isNull { return state }
        }
        return nil
    }

    /// The number of failed jobs that are kept.
    package func failedCount() async throws(BullMQError) -> Int {
        guard let count = try await send(["ZCARD", .text(name.key("failed"))]).integer else { throw .unexpectedReply }
        return Int(count)
    }

    /// Makes failed jobs wait again, with all their attempts left, in the order in which they failed.
    /// - Parameters:
    ///   - ids: The jobs; nil for the oldest ones.
    ///   - limit: Maximum number of jobs when no ids are given.
    /// - Returns: The number of jobs that wait again.
    @discardableResult
    package func retryFailed(_ ids: [String]? = nil, limit: Int = 1000) async throws(BullMQError) -> Int {
        if ids?.isEmpty == true { return 0 }
        let reply = try await run(
            BullMQScripts.retry, [.integer(Int64(max(limit, 1)))] + (ids ?? []).map { .text($0) })
        guard let count = reply.integer else { throw .unexpectedReply }
        return Int(count)
    }

    /// Deletes jobs that no worker has taken.
    /// - Returns: The number of deleted jobs.
    @discardableResult
    package func remove(_ ids: [String]) async throws(BullMQError) -> Int {
        guard !ids.isEmpty else { return 0 }
        let reply = try await run(BullMQScripts.remove, ids.map { .text($0) })
        return (reply.array ?? []).count { $0.integer == 1 }
    }

    func run(_ script: RedisScript, _ arguments: [RedisArgument]) async throws(BullMQError) -> RedisValue {
        do throws(RedisError) {
            return try await client.evaluate(script, keys: [name.key("meta")], arguments: arguments)
        } catch {
            throw .redis(error)
        }
    }

    func send(_ command: [RedisArgument]) async throws(BullMQError) -> RedisValue {
        do throws(RedisError) { return try await client.send(command) } catch { throw .redis(error) }
    }
}

extension RedisArgument {
    /// `1` or `0`.
    static func flag(_ value: Bool) -> RedisArgument { .text(value ? "1" : "0") }
}
