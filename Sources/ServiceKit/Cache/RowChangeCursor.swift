/// The position of a node in the log of changed rows. A pure value; ``RowChangeFollower`` guards it.
///
/// A snapshot states exactly which transactions were visible, unless transaction IDs are reused. After a crash, IDs of
/// transactions that never reached the disk are reused. A crash ends all sessions, so the previous snapshot is used only
/// in the same session; in a new session, the whole log is read.
struct RowChangeCursor: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// What to do with a reading.
    enum Verdict: Sendable, Hashable {
        /// It contains every change since the previous reading.
        case complete
        /// The whole log has to be read instead.
        case readEverything
        /// Changes may have been missed: the caches must be reset.
        case reset
    }

    /// Minimum time for which a change stays in the log after its commit.
    static let retention = Duration.seconds(60)
    /// Longest time between two readings; after a longer one, the caches are reset.
    static let longestGap = Duration.seconds(30)

    private var last: RowChangeLog.Reading?
    private var lastRead: Instant
    /// The log is purged of what this reading showed, as soon as it is old enough.
    private var purgeMark: (snapshot: String, takenAt: Instant)?

    /// - Parameter now: When the node started to cache.
    init(now: Instant) {
        lastRead = now
    }

    /// Snapshot of the previous reading: the next one can leave out what it shows.
    var snapshot: String? { last?.snapshot }

    /// Records a reading.
    /// - Parameters:
    ///   - snapshot: The snapshot that was passed to it.
    ///   - start: When it started.
    mutating func take(_ reading: RowChangeLog.Reading, since snapshot: String?, at start: Instant) -> Verdict {
        let isOtherServer = last.map { $0.server != reading.server } ?? false
        let isOtherSession = last.map { $0.session != reading.session } ?? false
        if isOtherSession, !isOtherServer, snapshot != nil { return .readEverything }
        if isOtherSession { purgeMark = nil }
        let isLate = lastRead.duration(to: start) > Self.longestGap
        last = reading
        last?.rows = [:]
        lastRead = start
        if purgeMark == nil { purgeMark = (reading.snapshot, start) }
        return isOtherServer || isLate || reading.isCut ? .reset : .complete
    }

    /// A snapshot that is old enough for what it shows to be removed from the log; nil before that.
    func purgeable(_ now: Instant) -> String? {
        guard let mark = purgeMark, mark.takenAt.duration(to: now) >= Self.retention else { return nil }
        return mark.snapshot
    }

    /// Ends the purge. The next one removes what the last reading showed.
    mutating func purged() { purgeMark = last.map { ($0.snapshot, lastRead) } }
}
