import NIOCore
import Primitives

/// Bodies held by this process. A pure value; ``CacheState`` holds it.
///
/// Its limit is in bytes, because one body can be a thousand times as large as another. A full cache is emptied, and the
/// next reads fill it again from Redis.
struct NearCache: Sendable {
    typealias Instant = ContinuousClock.Instant

    private struct Entry: Sendable {
        let body: EntityCache.Body
        let storedAt: Instant

        var size: Int { NearCache.overhead + (body.bytes?.readableBytes ?? 0) }
    }

    /// Maximum number of bytes of all entries.
    static let capacity = 32 << 20
    /// Approximate size of an entry without its body.
    private static let overhead = 256

    private var entries: [Identifier: Entry] = [:]
    private(set) var size = 0

    func entry(_ id: Identifier, now: Instant, maximumAge: Duration) -> EntityCache.Body? {
        guard let entry = entries[id], entry.storedAt.duration(to: now) < maximumAge else { return nil }
        return entry.body
    }

    /// Keeps a body unless a newer one is there.
    mutating func insert(_ id: Identifier, _ body: EntityCache.Body, now: Instant) {
        if let present = entries[id], present.body.version > body.version { return }
        remove(id)
        let entry = Entry(body: body, storedAt: now)
        if size + entry.size > Self.capacity { removeAll() }
        entries[id] = entry
        size += entry.size
    }

    mutating func remove(_ id: Identifier) {
        if let removed = entries.removeValue(forKey: id) { size -= removed.size }
    }

    /// Removes a body of a version before this one.
    mutating func remove(_ id: Identifier, before version: Int64) {
        if let present = entries[id], present.body.version < version { remove(id) }
    }

    mutating func removeAll() {
        entries = [:]
        size = 0
    }
}
