import Primitives

/// What a node knows about the rows of its cache, and whether it can trust it. A pure state machine; ``EntityCache``
/// guards it and does the I/O.
///
/// A cached body is used only while all of its sources are trusted:
/// - **PostgreSQL** reports which rows have changed, once a second (``confirm(at:)``). This does not depend on the writer:
///   it works when the writer was cut off from Redis, was killed after the commit, or did not learn of its commit.
/// - **The push of Redis** reports writes of other nodes immediately (``follow()``, ``unfollow()``).
/// - **The contents of Redis** must not be older than what this node knows. Writes that Redis did not accept are kept in
///   `unsent`; when it is not known which writes Redis has missed, its keys are purged first.
struct CacheState: Sendable {
    typealias Instant = ContinuousClock.Instant

    struct Load: Sendable {
        let number: Int
        let startedAt: Instant
        let task: Task<EntityCache.Body?, any Error>
    }

    /// A change that Redis has not accepted yet.
    struct Unsent: Sendable {
        let number: Int
        let entry: SharedEntry
    }

    /// Maximum number of changes that are kept while Redis does not accept them. With more, the prefix is purged instead.
    static let unsentCapacity = 10_000

    private let maximumAge: Duration
    private var near = NearCache()
    private var loads: [Identifier: Load] = [:]
    private var unsent: [Identifier: Unsent] = [:]
    private var isFollowing = false
    private var confirmedAt: Instant?
    private var server: String?
    /// Starts at one: a process that ended may have taken its unsent changes with it, so each process begins with a purge.
    private var purgesWanted = 1
    private var purgesDone = 0
    private var isRepairing = false
    private var lastNumber = 0

    init(maximumAge: Duration) {
        self.maximumAge = maximumAge
    }

    // MARK: Reading

    /// The near entry, if it may be used now.
    func body(_ id: Identifier, now: Instant) -> EntityCache.Body? {
        guard isFollowing, isConfirmed(now) else { return nil }
        return near.entry(id, now: now, maximumAge: maximumAge)
    }

    /// Whether Redis may be asked for a row.
    func trustsShared(_ id: Identifier, now: Instant) -> Bool {
        isFollowing && !mustPurge && unsent[id] == nil && isConfirmed(now)
    }

    private func isConfirmed(_ now: Instant) -> Bool {
        guard let confirmedAt else { return false }
        return confirmedAt.duration(to: now) < maximumAge
    }

    /// A running load that started recently enough to join: its result is within the maximum age.
    func load(of id: Identifier, now: Instant) -> Task<EntityCache.Body?, any Error>? {
        guard let load = loads[id], load.startedAt.duration(to: now) < maximumAge else { return nil }
        return load.task
    }

    /// Starts a load that concurrent readers join.
    mutating func beginLoad(
        _ id: Identifier, now: Instant, _ start: (Int) -> Task<EntityCache.Body?, any Error>
    ) -> Task<EntityCache.Body?, any Error> {
        lastNumber += 1
        let load = Load(number: lastNumber, startedAt: now, task: start(lastNumber))
        loads[id] = load
        return load.task
    }

    /// Ends a load. Its body is kept unless a write or an invalidation has detached the load.
    /// - Returns: False if the load was detached.
    mutating func endLoad(_ id: Identifier, number: Int, _ body: EntityCache.Body?, now: Instant) -> Bool {
        guard loads[id]?.number == number else { return false }
        loads[id] = nil
        if let body, isFollowing { near.insert(id, body, now: now) }
        return true
    }

    // MARK: Writes and invalidations

    /// This node has written a row.
    mutating func wrote(_ id: Identifier, _ body: EntityCache.Body, now: Instant) {
        loads[id] = nil
        if isFollowing { near.insert(id, body, now: now) }
        remember(SharedEntry(id, body))
    }

    /// A row has changed to this version. Nil: it may have changed to the next version.
    mutating func changed(_ id: Identifier, version: Int64?) {
        loads[id] = nil
        if let version { near.remove(id, before: version) } else { near.remove(id) }
        remember(SharedEntry(unread: id, version: version))
    }

    /// Another node has changed what Redis holds for a row.
    mutating func invalidated(_ id: Identifier) {
        near.remove(id)
        loads[id] = nil
    }

    mutating func forgetBodies() {
        near.removeAll()
        loads = [:]
    }

    /// Changes may have been missed: near entries are dropped and the prefix will be purged.
    mutating func reset() {
        forgetBodies()
        purgesWanted += 1
    }

    private mutating func remember(_ entry: SharedEntry) {
        if let waiting = unsent[entry.id]?.entry.version, let version = entry.version {
            guard version > waiting || (version == waiting && entry.content != .unread) else { return }
        }
        if unsent.count >= Self.unsentCapacity {
            unsent = [:]
            purgesWanted += 1
        }
        lastNumber += 1
        unsent[entry.id] = Unsent(number: lastNumber, entry: entry)
    }

    // MARK: Redis

    /// The unsent changes of these rows that can be sent now: none while a purge is pending.
    func toSend(_ ids: [Identifier]) -> [Unsent] { mustPurge ? [] : ids.compactMap { unsent[$0] } }

    /// The rows with unsent changes.
    var unsentRows: [Identifier] { Array(unsent.keys) }

    mutating func sent(_ entries: [Unsent]) {
        for entry in entries where unsent[entry.entry.id]?.number == entry.number { unsent[entry.entry.id] = nil }
    }

    var mustPurge: Bool { purgesDone < purgesWanted }

    /// The work of one repair.
    struct Repair: Sendable, Hashable {
        /// Number of the purge that the repair starts with. A purge that is requested during the repair gets a later number.
        var purge: Int?
    }

    /// Starts a repair. Nil if there is nothing to do, or if a repair is running: a purge must not remove what another
    /// repair has just sent.
    mutating func beginRepair() -> Repair? {
        guard !isRepairing, mustPurge || !unsent.isEmpty else { return nil }
        isRepairing = true
        return Repair(purge: mustPurge ? purgesWanted : nil)
    }

    mutating func endRepair() { isRepairing = false }

    mutating func purged(_ number: Int) {
        purgesDone = max(purgesDone, number)
        forgetBodies()
    }

    /// The push is connected. A different or restarted server may hold bodies of any age, so it is purged.
    mutating func connected(server: String?) {
        if server == nil || server != self.server { purgesWanted += 1 }
        self.server = server
    }

    mutating func follow() {
        forgetBodies()
        isFollowing = true
    }

    mutating func unfollow() {
        isFollowing = false
        near.removeAll()
    }

    // MARK: PostgreSQL

    /// All changes that were committed before this instant are known.
    mutating func confirm(at instant: Instant) { confirmedAt = max(confirmedAt ?? instant, instant) }
}
