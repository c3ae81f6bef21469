import Entities
import Logging
import NIOCore
import Primitives
import RedisClient
import Synchronization

@testable import ServiceKit

/// A shared cache in memory, with the rules of the real one, that a test can cut off, stop in the middle and look into.
final class SharedStoreDouble: SharedBodyStore {
    struct Contents: Sendable {
        var values: [Identifier: (version: Int64, content: SharedEntry.Content)] = [:]
        var isConnected = true
        var refusesWrites = false
        var server = "1"
        var roundTrips = 0
        var purges = 0
    }

    let prefix = "row:"
    let contents = Mutex(Contents())
    /// Runs in the middle of a purge.
    let duringPurge: @Sendable () async -> Void

    init(duringPurge: @escaping @Sendable () async -> Void = {}) {
        self.duringPurge = duringPurge
    }

    var isConnected: Bool { contents.withLock { $0.isConnected } }

    func serverIdentity() async -> String? { contents.withLock { $0.server } }

    func get(_ id: Identifier) async -> EntityCache.Body? {
        contents.withLock { contents in
            switch contents.values[id] {
            case (let version, .body(let bytes))?: EntityCache.Body(version: version, bytes: bytes)
            case (let version, .deleted)?: EntityCache.Body(version: version, bytes: nil)
            case (_, .unread)?, nil: nil
            }
        }
    }

    func put(_ entries: [SharedEntry]) async -> Bool {
        contents.withLock { contents in
            guard contents.isConnected, !contents.refusesWrites else { return false }
            if !entries.isEmpty { contents.roundTrips += 1 }
            for entry in entries {
                let old = contents.values[entry.id]?.version ?? -1
                let new = entry.version ?? (old < 0 ? -1 : old + 1)
                guard new > old || (new == old && entry.content != .unread) else { continue }
                contents.values[entry.id] = (new, entry.content)
            }
            return true
        }
    }

    func purge() async -> Bool {
        guard contents.withLock({ $0.isConnected && !$0.refusesWrites }) else { return false }
        contents.withLock { $0.values = [:] }
        await duringPurge()
        contents.withLock { $0.purges += 1 }
        return true
    }

    func health() async -> HealthState {
        contents.withLock { !$0.isConnected ? .down : $0.refusesWrites ? .impaired("read-only") : .up }
    }

    func invalidations() -> AsyncStream<RedisInvalidation> { AsyncStream { $0.finish() } }

    /// What is there for a row: its version, and the text of its body.
    func value(_ id: Identifier) -> String? {
        contents.withLock { contents in
            contents.values[id].map { value in
                switch value.content {
                case .body(let bytes): "\(value.version):\(String(buffer: bytes))"
                case .deleted: "\(value.version):"
                case .unread: "\(value.version):?"
                }
            }
        }
    }
}

/// A node's cache over the double, a row of PostgreSQL, and the time.
struct CacheNode: Sendable {
    /// The row as PostgreSQL has it, and how often it was read there.
    final class Row: Sendable {
        let id = Identifier.v4()
        let state = Mutex<(version: Int64, text: String, reads: Int)>((1, "one", 0))

        func commit(_ version: Int64, _ text: String) { state.withLock { ($0.version, $0.text) = (version, text) } }

        func read() -> EntityCache.Body {
            state.withLock { state in
                state.reads += 1
                return EntityCache.Body(version: state.version, bytes: ByteBuffer(string: state.text))
            }
        }

        var reads: Int { state.withLock { $0.reads } }
    }

    final class Time: Sendable {
        let instant = Mutex(ContinuousClock.now)
    }

    let cache: EntityCache
    let time = Time()

    /// A node that is connected and has heard from PostgreSQL.
    init(_ shared: SharedStoreDouble, isReady: Bool = true) async {
        let time = time
        cache = EntityCache(
            shared: shared, now: { time.instant.withLock { $0 } },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        guard isReady else { return }
        await connect()
        confirm()
    }

    func connect() async {
        let server = await cache.shared.serverIdentity()
        cache.state.withLock { $0.connected(server: server) }
        await cache.repair()
        cache.state.withLock { $0.follow() }
    }

    /// PostgreSQL was asked, and nothing has changed.
    func confirm() { cache.confirm(at: time.instant.withLock { $0 }) }

    func advance(_ duration: Duration) { time.instant.withLock { $0 += duration } }

    func text(_ row: Row) async throws -> String? {
        try await cache.body(of: row.id) { row.read() }.map { String(buffer: $0.bytes) }
    }

    func write(_ row: Row, _ version: Int64, _ text: String) async {
        row.commit(version, text)
        await cache.store(row.id, version: version, bytes: ByteBuffer(string: text))
    }
}
