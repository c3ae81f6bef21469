import Synchronization

/// Counts the most frequent keys for many threads at once.
///
/// Each key belongs to one of several sketches with a lock of its own, so that threads rarely wait for each other.
package final class TopKeys<Key: Hashable & Sendable>: Sendable {
    /// The most frequent keys, with how often each has occurred since it is kept.
    package struct Top: Sendable {
        package var keys: [(key: Key, count: Int)]
        /// Occurrences of all other keys.
        package var rest: Int
    }

    private final class Shard: Sendable {
        let sketch: Mutex<SpaceSaving<Key>>

        init(capacity: Int) { sketch = Mutex(SpaceSaving(capacity: capacity)) }
    }

    private let shards: [Shard]

    /// - Parameter capacity: How many keys are kept in all.
    package init(capacity: Int) {
        let count = 8
        shards = (0..<count).map { _ in Shard(capacity: max(1, capacity / count)) }
    }

    /// Counts an occurrence.
    package func add(_ key: Key) {
        shards[Int(UInt(bitPattern: key.hashValue) % UInt(shards.count))].sketch.withLock { $0.add(key) }
    }

    /// The most frequent keys, at most `limit`.
    package func top(_ limit: Int) -> Top {
        var total = 0
        var entries: [SpaceSaving<Key>.Entry] = []
        for shard in shards {
            shard.sketch.withLock { sketch in
                total += sketch.total
                entries += sketch.kept
            }
        }
        let top = entries.sorted { $0.certain > $1.certain }.prefix(max(0, limit))
        return Top(
            keys: top.map { (key: $0.key, count: $0.certain) }, rest: total - top.reduce(0) { $0 + $1.certain })
    }
}
