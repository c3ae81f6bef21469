import CoreMetrics
package import Entities
package import Logging
package import NIOCore
import PostgresClient
package import Primitives
package import RedisClient
import Synchronization

/// Finished JSON bodies of single rows, in Redis (`<prefix><id>`, 3600 s) and in a near cache in this process.
///
/// - PostgreSQL is the truth. Without Redis every read comes from PostgreSQL and nothing fails.
/// - Every body is stored with the version of its row and is replaced only by a newer version, so a slow reader cannot
///   restore what a writer has replaced.
/// - A node reads its own writes immediately: ``store(_:version:bytes:)`` replaces the near entry before it returns and
///   detaches loads that started earlier.
/// - A write of another node removes the near entry by the invalidation push of Redis (client tracking, broadcast mode).
///   While the push is not connected, the cache is not used.
/// - If a writer does not reach Redis, ``RowChangeFollower`` still learns of the change from PostgreSQL. If PostgreSQL
///   has not answered for ``maximumAge``, the cache is not used, so no response is older than that.
/// - A write that Redis did not accept is sent again later; until then, reads of that row go to PostgreSQL. Unsent writes
///   end with the process, so a process purges the prefix on its first connection.
package final class EntityCache: Sendable {
    /// A body with the version of its row.
    package struct Body: Sendable {
        /// Version of the row.
        package let version: Int64
        /// The finished JSON; nil for a row that was deleted.
        package let bytes: ByteBuffer?

        /// Makes one from its parts.
        package init(version: Int64, bytes: ByteBuffer?) {
            self.version = version
            self.bytes = bytes
        }
    }

    /// The body of a row that is there.
    package struct Content: Sendable {
        /// Version of the row.
        package let version: Int64
        /// The finished JSON.
        package let bytes: ByteBuffer

        /// Nil for a row that was deleted.
        init?(_ body: Body) {
            guard let bytes = body.bytes else { return nil }
            version = body.version
            self.bytes = bytes
        }
    }

    /// Maximum time for which a response may be older than its row.
    package static let maximumAge = Duration.seconds(5)

    let shared: any SharedBodyStore
    let now: @Sendable () -> ContinuousClock.Instant
    let logger: Logger
    let state: Mutex<CacheState>
    private let meter: CacheMeter

    /// - Parameters:
    ///   - prefix: Start of every key, such as `tenant:`.
    ///   - redis: Where bodies are shared.
    ///   - timeToLive: For how long Redis keeps a body.
    package convenience init(
        prefix: String, redis: RedisClient, timeToLive: Duration = .seconds(3600), logger: Logger
    ) {
        self.init(
            shared: RedisBodyStore(redis: redis, prefix: prefix, timeToLive: timeToLive), now: { .now },
            name: prefix.filter { $0 != ":" }, logger: logger)
    }

    /// - Parameters:
    ///   - now: A clock that is never set back.
    ///   - name: As metrics name it.
    init(
        shared: any SharedBodyStore, now: @escaping @Sendable () -> ContinuousClock.Instant, name: String = "test",
        logger: Logger
    ) {
        meter = CacheMeter(cache: name)
        self.shared = shared
        self.now = now
        self.logger = logger
        state = Mutex(CacheState(maximumAge: Self.maximumAge))
    }

    /// Readiness check of Redis: the service is degraded while Redis is unreachable or refuses writes.
    package var healthCheck: HealthCheck {
        HealthCheck(
            "redis", isRequired: false,
            advice:
                "Check that Redis runs, and REDIS_URL, REDIS_HOST or REDIS_SENTINELS. Without it the service works, but more slowly."
        ) { [shared] in await shared.health() }
    }

    // MARK: Reading

    /// The body of a row, from the near cache, Redis or PostgreSQL.
    /// - Parameter load: Reads it from PostgreSQL; nil when there is no such row. Runs once for concurrent misses.
    /// - Returns: nil when the row does not exist or was deleted.
    package func body(
        of id: Identifier, load: @escaping @Sendable () async throws -> Body?
    ) async throws -> Content? {
        let now = now()
        enum Step {
            case hit(Body)
            case join(Task<Body?, any Error>)
            case wait(Task<Body?, any Error>)
        }
        let step: Step = state.withLock { state in
            if let body = state.body(id, now: now) { return .hit(body) }
            if let running = state.load(of: id, now: now) { return .join(running) }
            let asksShared = state.trustsShared(id, now: now)
            return .wait(
                state.beginLoad(id, now: now) { number in
                    Task { try await self.load(id, number: number, asksShared: asksShared, from: load) }
                })
        }
        switch step {
        case .hit(let body):
            meter.memory.increment()
            return Content(body)
        case .join(let task):
            meter.joined.increment()
            return try await task.value.flatMap(Content.init)
        case .wait(let task): return try await task.value.flatMap(Content.init)
        }
    }

    /// The current body of a row from PostgreSQL, for callers that found the cached one to be outdated.
    /// - Returns: nil when the row does not exist or was deleted.
    package func freshBody(
        of id: Identifier, load: @Sendable () async throws -> Body?
    ) async throws -> Content? {
        // What is kept here is read by everybody, also by those who have written what a replica lacks.
        guard let body = try await ReplicaReading.fromPrimary({ try await load() }) else {
            await invalidate(uncertain: id)
            return nil
        }
        await store(id, version: body.version, bytes: body.bytes)
        return Content(body)
    }

    private func load(
        _ id: Identifier, number: Int, asksShared: Bool, from source: @Sendable () async throws -> Body?
    ) async throws -> Body? {
        do {
            if asksShared, shared.isConnected, let body = await shared.get(id) {
                endLoad(id, number: number, body)
                meter.shared.increment()
                return body
            }
            meter.database.increment()
            let body = try await ReplicaReading.fromPrimary { try await source() }
            if endLoad(id, number: number, body), let body, asksShared {
                _ = await shared.put([SharedEntry(id, body)])
            }
            return body
        } catch {
            endLoad(id, number: number, nil)
            throw error
        }
    }

    @discardableResult
    private func endLoad(_ id: Identifier, number: Int, _ body: Body?) -> Bool {
        let now = now()
        return state.withLock { $0.endLoad(id, number: number, body, now: now) }
    }

    // MARK: Writes

    /// Stores the new contents of a row, after the commit. `bytes` is nil if the row was deleted.
    package func store(_ id: Identifier, version: Int64, bytes: ByteBuffer?) async {
        let now = now()
        state.withLock { $0.wrote(id, Body(version: version, bytes: bytes), now: now) }
        await send([id])
    }

    /// Invalidates all bodies that are older than these versions, in one round trip per thousand rows.
    package func invalidate(_ rows: [RowVersion]) async {
        state.withLock { state in
            for row in rows { state.changed(row.id, version: row.version) }
        }
        await send(rows.map(\.id))
    }

    /// Invalidates a row after a write whose outcome is unknown.
    package func invalidate(uncertain id: Identifier) async {
        state.withLock { $0.changed(id, version: nil) }
        await send([id])
    }

    /// Maximum number of rows in one round trip.
    private static let largestRoundTrip = 1000

    /// Sends the unsent changes of these rows to Redis. ``repair()`` sends again what it does not accept.
    /// - Returns: Whether Redis accepted everything.
    @discardableResult
    func send(_ ids: [Identifier]) async -> Bool {
        guard shared.isConnected else { return false }
        var rest = ids[...]
        while !rest.isEmpty {
            let some = Array(rest.prefix(Self.largestRoundTrip))
            rest = rest.dropFirst(some.count)
            let entries = state.withLock { $0.toSend(some) }
            guard await shared.put(entries.map(\.entry)) else { return false }
            state.withLock { $0.sent(entries) }
        }
        return true
    }
}
