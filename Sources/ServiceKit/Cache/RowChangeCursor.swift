/// How far a node has read the log of changed rows. A pure value; ``RowChangeFollower`` guards it.
///
/// A snapshot says exactly which transactions were visible, as long as transaction numbers are not given out twice. After
/// a crash they may be, for transactions that never reached the disk. A crash ends all sessions, so only a reading of the
/// same session may be compared with the former snapshot; any other one looks at the whole log.
struct RowChangeCursor: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// How a reading has to be used.
    enum Verdict: Sendable, Hashable {
        /// It has every change since the former one.
        case complete
        /// The whole log has to be read instead.
        case readEverything
        /// Changes may have been missed: nothing that is cached can be trusted.
        case reset
    }

    /// Changes stay in the log for at least this time after their commit.
    static let retention = Duration.seconds(60)
    /// A node that has not read for longer starts anew.
    static let longestGap = Duration.seconds(30)

    private var last: RowChangeLog.Reading?
    private var lastRead: Instant
    private var purgeMark: (snapshot: String, takenAt: Instant)?

    /// - Parameter now: When the node began to cache.
    init(now: Instant) {
        lastRead = now
    }

    /// What the next reading may leave out.
    var snapshot: String? { last?.snapshot }

    /// Takes a reading.
    /// - Parameters:
    ///   - snapshot: What it has left out.
    ///   - start: When it began.
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

    /// What may be removed from the log now: what a snapshot has shown that is old enough. Counts anew from the last
    /// reading.
    mutating func takePurge(_ now: Instant) -> String? {
        guard let mark = purgeMark, let last, mark.takenAt.duration(to: now) >= Self.retention else { return nil }
        purgeMark = (last.snapshot, lastRead)
        return mark.snapshot
    }
}
