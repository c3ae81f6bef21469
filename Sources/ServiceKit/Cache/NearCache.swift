import Primitives

/// Bodies held by this process. A pure value; ``EntityCache`` guards it.
struct NearCache {
    private struct Entry {
        let body: EntityCache.Body
        let storedAt: Timestamp
    }

    /// Rows held at most. When it is full it is emptied: the next reads fill it again from Redis.
    static let capacity = 20_000

    private var entries: [Identifier: Entry] = [:]

    func entry(_ id: Identifier, now: Timestamp, maximumAge: Duration) -> EntityCache.Body? {
        guard let entry = entries[id], now.duration(since: entry.storedAt) < maximumAge else { return nil }
        return entry.body
    }

    /// Keeps a body unless a newer one is there.
    mutating func insert(_ id: Identifier, _ body: EntityCache.Body, now: Timestamp) {
        if let present = entries[id], present.body.version > body.version { return }
        if entries.count >= Self.capacity { entries = [:] }
        entries[id] = Entry(body: body, storedAt: now)
    }

    mutating func remove(_ id: Identifier) { entries[id] = nil }

    mutating func removeAll() { entries = [:] }
}
