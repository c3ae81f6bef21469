package import Entities
package import Logging
package import NIOCore
package import Primitives
package import RedisClient
import Synchronization

/// Finished JSON bodies of single rows, in Redis (`<prefix><id>`, 3600 s) and in front of it in this process.
///
/// - PostgreSQL is the truth. Without Redis every read comes from PostgreSQL and nothing fails.
/// - Every body goes with its row's version. In Redis as here, a body is only replaced by one of a newer version, so a
///   slow reader cannot put back what a writer has replaced.
/// - A node reads its own writes at once: ``store(_:version:bytes:)`` replaces the near entry before it returns and
///   detaches loads that began earlier.
/// - Another node's write empties the near entry by Redis' invalidation push (client tracking, broadcast mode). While
///   that push is not connected the cache is not used at all.
/// - Whatever goes wrong between a writer and Redis, ``RowChangeFollower`` learns of the change from PostgreSQL. When it
///   has not heard from PostgreSQL for the maximum age, the cache is not used either, so no answer is older than that.
/// - A write that Redis has not taken is remembered and sent again; while it waits, reads of that row go to PostgreSQL.
///   What a process that has ended remembered is removed at the next start: the first connection purges the prefix.
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

    /// The longest time for which an answer may be older than the row.
    package static let maximumAge = Duration.seconds(5)

    let shared: any SharedBodyStore
    let now: @Sendable () -> ContinuousClock.Instant
    let logger: Logger
    let state: Mutex<CacheState>

    /// - Parameters:
    ///   - prefix: Start of every key, such as `tenant:`.
    ///   - redis: Where bodies are shared.
    ///   - timeToLive: For how long Redis keeps a body.
    package convenience init(
        prefix: String, redis: RedisClient, timeToLive: Duration = .seconds(3600), logger: Logger
    ) {
        self.init(
            shared: RedisBodyStore(redis: redis, prefix: prefix, timeToLive: timeToLive), now: { .now }, logger: logger)
    }

    /// - Parameter now: A clock that is never set back.
    init(shared: any SharedBodyStore, now: @escaping @Sendable () -> ContinuousClock.Instant, logger: Logger) {
        self.shared = shared
        self.now = now
        self.logger = logger
        state = Mutex(CacheState(maximumAge: Self.maximumAge))
    }

    /// The check of Redis for the readiness of the service: it is degraded while Redis is away or refuses writes.
    package var healthCheck: HealthCheck {
        HealthCheck("redis", isRequired: false) { [shared] in await shared.health() }
    }

    // MARK: Reading

    /// The body of a row, from the nearest place that has it.
    /// - Parameter load: Reads it from PostgreSQL; nil when there is no such row. Runs once for concurrent misses.
    /// - Returns: nil when the row does not exist or was deleted.
    package func body(
        of id: Identifier, load: @escaping @Sendable () async throws -> Body?
    ) async throws -> Content? {
        let now = now()
        enum Step {
            case hit(Body)
            case wait(Task<Body?, any Error>)
        }
        let step: Step = state.withLock { state in
            if let body = state.body(id, now: now) { return .hit(body) }
            if let running = state.load(of: id, now: now) { return .wait(running) }
            let asksShared = state.trustsShared(id, now: now)
            return .wait(
                state.beginLoad(id, now: now) { number in
                    Task { try await self.load(id, number: number, asksShared: asksShared, from: load) }
                })
        }
        switch step {
        case .hit(let body): return Content(body)
        case .wait(let task): return try await task.value.flatMap(Content.init)
        }
    }

    /// The body of a row as PostgreSQL has it now, for whoever has found the cached one to be old.
    /// - Returns: nil when the row does not exist or was deleted.
    package func freshBody(
        of id: Identifier, load: @Sendable () async throws -> Body?
    ) async throws -> Content? {
        guard let body = try await load() else {
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
                return body
            }
            let body = try await source()
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

    /// Takes the new contents of a row, after the commit. `bytes` nil means that the row was deleted.
    package func store(_ id: Identifier, version: Int64, bytes: ByteBuffer?) async {
        let now = now()
        state.withLock { $0.wrote(id, Body(version: version, bytes: bytes), now: now) }
        await send([id])
    }

    /// Rows have changed to versions whose contents are not at hand: nobody may use older bodies. One round trip for each
    /// thousand rows.
    package func invalidate(_ rows: [RowVersion]) async {
        state.withLock { state in
            for row in rows { state.changed(row.id, version: row.version) }
        }
        await send(rows.map(\.id))
    }

    /// A write of the row may have happened or not: nobody may use what was there before it.
    package func invalidate(uncertain id: Identifier) async {
        state.withLock { $0.changed(id, version: nil) }
        await send([id])
    }

    /// Rows that Redis is told of in one round trip.
    private static let largestRoundTrip = 1000

    /// Tells Redis what it does not know yet of these rows. What it does not take is sent again by ``repair()``.
    /// - Returns: Whether it took everything.
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
