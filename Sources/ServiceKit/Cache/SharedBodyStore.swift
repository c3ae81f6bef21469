import NIOCore
import Primitives
import RedisClient

/// A change of a row in the shared cache.
struct SharedEntry: Sendable, Hashable {
    enum Content: Sendable, Hashable {
        /// The finished JSON.
        case body(ByteBuffer)
        /// The row was deleted.
        case deleted
        /// The contents have not been stored yet: no older body may be used or stored.
        case unread
    }

    let id: Identifier
    /// Version of the row. Nil after a write with an unknown outcome: the stored body is then considered outdated.
    let version: Int64?
    let content: Content

    init(_ id: Identifier, _ body: EntityCache.Body) {
        self.id = id
        version = body.version
        content = body.bytes.map(Content.body) ?? .deleted
    }

    /// A row whose contents are not available.
    init(unread id: Identifier, version: Int64?) {
        self.id = id
        self.version = version
        content = .unread
    }
}

/// The store in which nodes share bodies.
protocol SharedBodyStore: Sendable {
    /// Start of every key.
    var prefix: String { get }
    /// Whether commands can be sent.
    var isConnected: Bool { get }
    /// Identifies the server process: a different or restarted server may have lost writes. Nil if it cannot be determined.
    func serverIdentity() async -> String?
    /// The body; nil when it is not there or cannot be had.
    func get(_ id: Identifier) async -> EntityCache.Body?
    /// Stores entries in one round trip, each unless a newer version is there.
    /// - Returns: Whether all of them are known now.
    func put(_ entries: [SharedEntry]) async -> Bool
    /// Removes every body.
    /// - Returns: Whether that was done to the end.
    func purge() async -> Bool
    /// Whether it answers and takes writes.
    func health() async -> HealthState
    /// Keys that other nodes have changed.
    func invalidations() -> AsyncStream<RedisInvalidation>
}

extension SharedBodyStore {
    func key(_ id: Identifier) -> String { prefix + id.description }

    func identifier(ofKey key: String) -> Identifier? {
        key.hasPrefix(prefix) ? Identifier(key.dropFirst(prefix.count)) : nil
    }
}
