import Primitives

/// Bodies held by this process. A pure value; ``CacheState`` holds it.
struct NearCache: Sendable {
    typealias Instant = ContinuousClock.Instant

    private struct Entry: Sendable {
        let body: EntityCache.Body
        let storedAt: Instant
    }

    /// Maximum number of rows. A full cache is emptied, and the next reads fill it again from Redis.
    static let capacity = 20_000

    private var entries: [Identifier: Entry] = [:]

    func entry(_ id: Identifier, now: Instant, maximumAge: Duration) -> EntityCache.Body? {
        guard let entry = entries[id], entry.storedAt.duration(to: now) < maximumAge else { return nil }
        return entry.body
    }

    /// Keeps a body unless a newer one is there.
    mutating func insert(_ id: Identifier, _ body: EntityCache.Body, now: Instant) {
        if let present = entries[id], present.body.version > body.version { return }
        if entries.count >= Self.capacity { entries = [:] }
        entries[id] = Entry(body: body, storedAt: now)
    }

    mutating func remove(_ id: Identifier) { entries[id] = nil }

    /// Removes a body of a version before this one.
    mutating func remove(_ id: Identifier, before version: Int64) {
        if let present = entries[id], present.body.version < version { entries[id] = nil }
    }

    mutating func removeAll() { entries = [:] }
}
