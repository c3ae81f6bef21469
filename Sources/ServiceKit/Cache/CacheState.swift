import Primitives

/// What a node knows about the rows of its cache, and how far it may trust that. A pure state machine;
/// ``EntityCache`` guards it and does the input and output.
///
/// Three things can vouch for a body, and a body is used only while those that it depends on do:
/// - **PostgreSQL** says which rows have changed (``confirm(at:)``): every other second at the latest. It depends on
///   nobody's health but this node's own, so it holds when the writer was cut off from Redis, was killed after the
///   commit, or never learned of its commit.
/// - **Redis' push** tells of other nodes' writes at once (``follow()``, ``unfollow()``).
/// - **Redis' contents** must not be older than what this node knows: writes that Redis has not taken are kept in
///   `unsent`, and when that cannot be known everything is purged first.
struct CacheState: Sendable {
    typealias Instant = ContinuousClock.Instant

    struct Load: Sendable {
        let number: Int
        let startedAt: Instant
        let task: Task<EntityCache.Body?, any Error>
    }

    /// Something that Redis does not know yet.
    struct Unsent: Sendable {
        let number: Int
        let entry: SharedEntry
    }

    /// Writes remembered at most while Redis does not take them; with more, the whole prefix is purged instead.
    static let unsentCapacity = 10_000

    private let maximumAge: Duration
    private var near = NearCache()
    private var loads: [Identifier: Load] = [:]
    private var unsent: [Identifier: Unsent] = [:]
    private var isFollowing = false
    private var confirmedAt: Instant?
    private var server: String?
    /// What a process that has ended knew of missed writes is lost, so the first thing is a purge.
    private var purgesWanted = 1
    private var purgesDone = 0
    private var isRepairing = false
    private var lastNumber = 0

    init(maximumAge: Duration) {
        self.maximumAge = maximumAge
    }

    // MARK: Reading

    /// A body of this process that may be used now.
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

    /// A load that is under way and may be joined: what it has read is not older than an answer may be.
    func load(of id: Identifier, now: Instant) -> Task<EntityCache.Body?, any Error>? {
        guard let load = loads[id], load.startedAt.duration(to: now) < maximumAge else { return nil }
        return load.task
    }

    /// Begins a load that others may join.
    mutating func beginLoad(
        _ id: Identifier, now: Instant, _ start: (Int) -> Task<EntityCache.Body?, any Error>
    ) -> Task<EntityCache.Body?, any Error> {
        lastNumber += 1
        let load = Load(number: lastNumber, startedAt: now, task: start(lastNumber))
        loads[id] = load
        return load.task
    }

    /// Ends a load; its body is kept unless the load was detached by a write or an invalidation.
    /// - Returns: Whether it was not.
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

    /// A row has changed to this version, or perhaps to the next one when the version is nil.
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

    /// Nothing that was known is certain any more.
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

    /// What Redis is to be told of these rows now; nothing before a purge that has to come first.
    func toSend(_ ids: [Identifier]) -> [Unsent] { mustPurge ? [] : ids.compactMap { unsent[$0] } }

    /// Rows of which Redis does not know the latest.
    var unsentRows: [Identifier] { Array(unsent.keys) }

    mutating func sent(_ entries: [Unsent]) {
        for entry in entries where unsent[entry.entry.id]?.number == entry.number { unsent[entry.entry.id] = nil }
    }

    var mustPurge: Bool { purgesDone < purgesWanted }

    /// What a repair has to do.
    struct Repair: Sendable, Hashable {
        /// The number of the purge that comes first: one that is wanted while it runs comes after it.
        var purge: Int?
    }

    /// Begins a repair; nil when there is nothing to do, or one is under way: a purge must not remove what another one
    /// has sent.
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

    /// The push is connected. Another server, or the same one started again, may hold bodies of any age.
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

    /// Every change that was committed before this instant is known.
    mutating func confirm(at instant: Instant) { confirmedAt = max(confirmedAt ?? instant, instant) }
}
