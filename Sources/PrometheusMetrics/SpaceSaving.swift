/// The most frequent keys of a stream, with memory for a fixed number of them (Metwally, Agrawal, El Abbadi: "Efficient
/// Computation of Frequent and Top-k Elements in Data Streams", 2005).
///
/// A key that is not kept replaces the one with the lowest count and takes over its count as a possible error. Every key that
/// occurs more often than total / capacity is kept.
package struct SpaceSaving<Key: Hashable & Sendable>: Sendable {
    /// A kept key.
    package struct Entry: Sendable, Hashable {
        package let key: Key
        /// How often it occurred at most.
        package fileprivate(set) var count: Int
        /// How much of ``count`` may belong to keys that were replaced.
        package let error: Int

        /// How often it has occurred since it is kept.
        package var certain: Int { count - error }
    }

    private let capacity: Int
    private var places: [Key: Int] = [:]
    private var entries: [Entry] = []
    /// All occurrences, also those of keys that are not kept any more.
    package private(set) var total = 0

    /// - Parameter capacity: How many keys are kept, at least 1.
    package init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    /// Counts an occurrence.
    package mutating func add(_ key: Key) {
        total += 1
        if let place = places[key] {
            entries[place].count += 1
        } else if entries.count < capacity {
            places[key] = entries.count
            entries.append(Entry(key: key, count: 1, error: 0))
        } else {
            replaceRarest(by: key)
        }
    }

    private mutating func replaceRarest(by key: Key) {
        var rarest = 0
        for place in entries.indices where entries[place].count < entries[rarest].count { rarest = place }
        let count = entries[rarest].count
        places[entries[rarest].key] = nil
        places[key] = rarest
        entries[rarest] = Entry(key: key, count: count + 1, error: count)
    }

    /// The kept keys in no order.
    package var kept: [Entry] { entries }
}
