import Primitives
import ServiceKit

/// The API keys that a node has found out about, by their text. A pure value; ``KnownAPIKeys`` guards it.
///
/// A key is used from memory only while PostgreSQL reports changes of keys (``confirm(at:)``), at most for
/// ``EntityCache/maximumAge`` after the last report.
struct APIKeyMemory: Sendable {
    typealias Instant = ContinuousClock.Instant

    struct Entry: Sendable {
        let key: KnownAPIKey
        let identity: Identity
        let end: Timestamp
    }

    enum Answer: Sendable {
        case known(Entry)
        /// There was no such key a moment ago.
        case refused
        /// It has to be looked up. The outcome may be kept if the generation is still the same.
        case unknown(generation: Int)
    }

    /// Maximum number of bytes of keys and identities, approximately.
    static let capacity = 8 << 20
    /// Wrong keys that are remembered.
    static let refusalCapacity = 4096
    /// For how long a wrong key is refused without a lookup. Short, because the event of a new key may be on its way.
    static let refusalLifetime = Duration.seconds(2)
    /// Approximate size of an entry without its permissions, and of a permission.
    private static let (entrySize, permissionSize) = (768, 64)

    private var entries: [String: Entry] = [:]
    private var size = 0
    private var refusals: [String: Instant] = [:]
    private var generation = 0
    private var confirmedAt: Instant?

    func answer(_ text: String, now: Timestamp, instant: Instant) -> Answer {
        if isConfirmed(instant), let entry = entries[text], now < entry.end { return .known(entry) }
        if let end = refusals[text], instant < end { return .refused }
        return .unknown(generation: generation)
    }

    private func isConfirmed(_ instant: Instant) -> Bool {
        confirmedAt.map { $0.duration(to: instant) <= EntityCache.maximumAge } ?? false
    }

    /// Keeps a key, unless keys have changed since it was asked for.
    mutating func insert(_ text: String, _ entry: Entry, generation: Int) {
        guard generation == self.generation else { return }
        refusals[text] = nil
        let cost = Self.cost(entry)
        if size + cost > Self.capacity { removeAll() }
        if entries.updateValue(entry, forKey: text) == nil { size += cost }
    }

    /// Remembers for a moment that there is no such key.
    mutating func refuse(_ text: String, instant: Instant) {
        if let entry = entries.removeValue(forKey: text) { size -= Self.cost(entry) }
        if refusals.count >= Self.refusalCapacity { refusals = [:] }
        refusals[text] = instant + Self.refusalLifetime
    }

    /// Forgets keys that were changed.
    mutating func forget(_ ids: Set<Identifier>) {
        guard !ids.isEmpty else { return }
        generation += 1
        entries = entries.filter { !ids.contains($0.value.key.id) }
        size = entries.values.reduce(0) { $0 + Self.cost($1) }
    }

    /// Forgets all keys, because any of them may have been changed.
    mutating func reset() {
        generation += 1
        removeAll()
    }

    /// All changes before this instant were reported.
    mutating func confirm(at instant: Instant) { confirmedAt = max(confirmedAt ?? instant, instant) }

    var count: Int { entries.count }

    private mutating func removeAll() {
        entries = [:]
        size = 0
    }

    private static func cost(_ entry: Entry) -> Int { entrySize + entry.identity.permissions.count * permissionSize }
}
