import NIOCore

/// Decides whether a client reads the responses that are sent to it. A pure state machine over byte counts and times.
struct WriteWatch {
    /// Bytes that a client must read within the write deadline. If any progress were enough, a client could hold memory for
    /// as long as it likes.
    static let minimumProgress = 64 * 1024
    /// Bytes written after which the backlog is checked. A check costs more than a small response.
    static let unwatchedBytes = 16 * 1024
    /// Time after which the connection of a client that reads nothing at all is closed when its backlog is above the limit.
    static let stallTime = TimeAmount.seconds(5)
    /// Time between two checks while there is a backlog.
    static let interval = TimeAmount.seconds(1)

    enum Verdict: Equatable {
        /// There is no backlog.
        case clear
        /// Check again after ``interval``.
        case waiting
        /// The client does not read.
        case stalled
    }

    private let timeout: TimeAmount
    private let limit: Int
    /// Bytes written so far, and since the last look.
    private var written = 0
    private var unwatched = 0
    /// Bytes that the client had taken at the last sufficient progress, and at the last one of any size.
    private var progress: (taken: Int, time: NIODeadline)?
    private var lastMove: (taken: Int, time: NIODeadline)?

    /// - Parameters:
    ///   - timeout: Time for ``minimumProgress``.
    ///   - limit: Backlog that a client may have that takes nothing for ``stallTime``.
    init(timeout: TimeAmount, limit: Int) {
        self.timeout = timeout
        self.limit = limit
    }

    /// Counts bytes that were handed to the socket's buffer.
    mutating func wrote(_ bytes: Int) {
        written += bytes
        unwatched += bytes
    }

    /// Whether the backlog should be checked after a flush.
    var wantsLook: Bool { progress == nil && unwatched > Self.unwatchedBytes }

    /// Evaluates the backlog.
    mutating func look(backlog: Int, now: NIODeadline) -> Verdict {
        unwatched = 0
        let taken = written - backlog
        guard backlog > 0 else {
            progress = nil
            lastMove = nil
            return .clear
        }
        guard let known = progress, let moved = lastMove else {
            progress = (taken, now)
            lastMove = (taken, now)
            return .waiting
        }
        if taken > moved.taken { lastMove = (taken, now) }
        if taken - known.taken >= Self.minimumProgress {
            progress = (taken, now)
            return .waiting
        }
        let isLate = now >= known.time + timeout
        let isStalled = backlog > limit && taken == moved.taken && now >= moved.time + Self.stallTime
        return isLate || isStalled ? .stalled : .waiting
    }
}
