import NIOCore
import Primitives
import RedisClient

/// What is to become known about a row in the shared cache.
struct SharedEntry: Sendable, Hashable {
    enum Content: Sendable, Hashable {
        /// The finished JSON.
        case body(ByteBuffer)
        /// The row was deleted.
        case deleted
        /// The row has contents that nobody has stored yet: no older body may be used or put in its place.
        case unread
    }

    let id: Identifier
    /// Version of the row; nil when a write may have happened or not: then whatever is there is of an older version.
    let version: Int64?
    let content: Content

    init(_ id: Identifier, _ body: EntityCache.Body) {
        self.id = id
        version = body.version
        content = body.bytes.map(Content.body) ?? .deleted
    }

    /// A row whose contents are not at hand.
    init(unread id: Identifier, version: Int64?) {
        self.id = id
        self.version = version
        content = .unread
    }
}

/// Where nodes share bodies.
protocol SharedBodyStore: Sendable {
    /// Start of every key.
    var prefix: String { get }
    /// Whether it can be asked at all.
    var isConnected: Bool { get }
    /// What changes its answers behind our back: another server, or the same one started again; nil when that cannot be
    /// told.
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
