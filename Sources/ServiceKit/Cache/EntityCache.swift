package import Logging
package import NIOCore
package import Primitives
package import RedisClient
import ServiceLifecycle
import Synchronization

/// Finished JSON bodies of single rows, in Redis (`<prefix><id>`, 3600 s) and in front of it in this process.
///
/// The rules, from DESIGN D5 and D10:
/// - PostgreSQL is the truth. Without Redis every read comes from PostgreSQL and nothing fails.
/// - Every body goes with its row's version. In Redis as here, a body is only replaced by one of a newer version, so a
///   slow reader cannot put back what a writer has replaced.
/// - A node reads its own writes at once: ``store(_:version:body:)`` replaces the near entry before it returns and
///   detaches loads that began earlier.
/// - Another node's write empties the near entry by Redis' invalidation push (client tracking, broadcast mode). While
///   that push is not connected the near cache is not used at all; and no entry is used beyond the maximum age.
/// - A write that could not reach Redis is remembered and sent before Redis is believed again; while it waits, reads of
///   that row go to PostgreSQL. What a crash during an outage of Redis leaves behind is removed at the next start: the
///   first connection purges the prefix.
package final class EntityCache: Sendable {
    /// A body with the version of its row; nil for a row that was deleted.
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

    private struct State {
        var near = NearCache()
        var loads: [Identifier: Load] = [:]
        var unsent: [Identifier: Body] = [:]
        var mustPurge = true
        var isFollowing = false
        var nextLoad = 0
    }

    private struct Load {
        let number: Int
        let task: Task<Body?, any Error>
    }

    /// Writes remembered at most while Redis is away; with more, the whole prefix is purged instead.
    private static let unsentCapacity = 10_000

    private let store: RemoteBodyStore
    private let redis: RedisClient
    private let maximumAge: Duration
    private let clock: any WallClock
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameters:
    ///   - prefix: Start of every key, such as `tenant:`.
    ///   - redis: Where bodies are shared.
    ///   - timeToLive: For how long Redis keeps a body.
    ///   - maximumAge: For how long this process uses a body without asking Redis again.
    package init(
        prefix: String, redis: RedisClient, timeToLive: Duration = .seconds(3600), maximumAge: Duration = .seconds(5),
        clock: any WallClock, logger: Logger
    ) {
        self.store = RemoteBodyStore(redis: redis, prefix: prefix, timeToLive: timeToLive)
        self.redis = redis
        self.maximumAge = maximumAge
        self.clock = clock
        self.logger = logger
    }

    /// The body of a row, from the nearest place that has it.
    /// - Parameter load: Reads it from PostgreSQL; nil when there is no such row. Runs once for concurrent misses.
    /// - Returns: nil when the row does not exist or was deleted.
    package func body(
        of id: Identifier, load: @escaping @Sendable () async throws -> Body?
    ) async throws -> Content? {
        let now = clock.now()
        enum Step {
            case hit(Body)
            case wait(Task<Body?, any Error>)
        }
        let step: Step = state.withLock { state in
            if state.isFollowing, let entry = state.near.entry(id, now: now, maximumAge: maximumAge) {
                return .hit(entry)
            }
            if let running = state.loads[id] { return .wait(running.task) }
            let number = state.nextLoad
            state.nextLoad += 1
            let asksRedis = state.unsent[id] == nil && !state.mustPurge
            let task = Task { try await self.load(id, number: number, asksRedis: asksRedis, from: load) }
            state.loads[id] = Load(number: number, task: task)
            return .wait(task)
        }
        switch step {
        case .hit(let body): return Content(body)
        case .wait(let task): return try await task.value.flatMap(Content.init)
        }
    }

    private func load(
        _ id: Identifier, number: Int, asksRedis: Bool, from source: @Sendable () async throws -> Body?
    ) async throws -> Body? {
        do {
            if asksRedis, redis.isConnected, let body = await store.get(id) {
                finish(id, number: number, body: body)
                return body
            }
            let body = try await source()
            finish(id, number: number, body: body)
            if let body, asksRedis { await store.put(id, body) }
            return body
        } catch {
            finish(id, number: number, body: nil)
            throw error
        }
    }

    /// Ends a load; its body becomes the near entry unless the load was detached by a write or an invalidation.
    private func finish(_ id: Identifier, number: Int, body: Body?) {
        state.withLock { state in
            guard state.loads[id]?.number == number else { return }
            state.loads[id] = nil
            if let body, state.isFollowing { state.near.insert(id, body, now: clock.now()) }
        }
    }

    /// Notes the new contents of a row, after the commit. `bytes` nil means that the row was deleted.
    package func store(_ id: Identifier, version: Int64, bytes: ByteBuffer?) async {
        let body = Body(version: version, bytes: bytes)
        let sends: Bool = state.withLock { state in
            state.loads[id] = nil
            if state.isFollowing { state.near.insert(id, body, now: clock.now()) }
            if state.mustPurge || !redis.isConnected {
                Self.remember(id, body, in: &state)
                return false
            }
            return true
        }
        guard sends else { return }
        if await !store.put(id, body) { state.withLock { Self.remember(id, body, in: &$0) } }
    }

    /// Notes that a row changed to a version whose contents are not at hand: nobody may use an older body.
    package func invalidate(_ id: Identifier, version: Int64) async {
        let sends: Bool = state.withLock { state in
            state.loads[id] = nil
            state.near.remove(id)
            guard !state.mustPurge, redis.isConnected else {
                state.mustPurge = true
                return false
            }
            return true
        }
        guard sends else { return }
        if await !store.invalidate(id, version: version) { state.withLock { $0.mustPurge = true } }
    }

    private static func remember(_ id: Identifier, _ body: Body, in state: inout State) {
        if let waiting = state.unsent[id], waiting.version > body.version { return }
        if state.unsent.count >= unsentCapacity {
            state.mustPurge = true
            state.unsent = [:]
        } else if !state.mustPurge {
            state.unsent[id] = body
        }
    }
}

extension EntityCache: Service {
    /// Follows Redis' invalidation push and repairs the shared cache after each connection, until shutdown.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                group.addTask { await self.follow() }
                group.addTask { await self.repairPeriodically() }
            }
        }
    }

    private func follow() async {
        for await event in redis.invalidations(prefixes: [store.prefix]) {
            switch event {
            case .connected:
                await repair()
                state.withLock { state in
                    state.near.removeAll()
                    state.loads = [:]
                    state.isFollowing = true
                }
            case .disconnected:
                state.withLock { state in
                    state.isFollowing = false
                    state.near.removeAll()
                }
            case .keys(let keys):
                let ids = keys.compactMap { store.identifier(ofKey: $0) }
                state.withLock { state in
                    for id in ids {
                        state.near.remove(id)
                        state.loads[id] = nil
                    }
                }
            case .all:
                state.withLock { state in
                    state.near.removeAll()
                    state.loads = [:]
                }
            }
        }
        state.withLock { $0.isFollowing = false }
    }

    /// A write may fail without the push connection noticing, so the repair also runs on its own.
    private func repairPeriodically() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(1))
            await repair()
        }
    }

    /// Brings Redis up to date with the writes that it missed.
    private func repair() async {
        let (purges, unsent) = state.withLock { ($0.mustPurge, $0.unsent) }
        guard purges || !unsent.isEmpty, redis.isConnected else { return }
        if purges {
            guard await store.purge() else { return }
            state.withLock { state in
                state.mustPurge = false
                state.near.removeAll()
                state.loads = [:]
            }
            logger.info("The shared cache was emptied", metadata: ["prefix": "\(store.prefix)"])
        }
        for (id, body) in unsent {
            guard await store.put(id, body) else { return }
            state.withLock { state in
                if state.unsent[id]?.version == body.version { state.unsent[id] = nil }
            }
        }
    }
}
