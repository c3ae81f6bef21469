import NIOCore

/// Whether a client takes the answers that are sent to it. A pure state machine over counts of bytes and times.
struct WriteWatch {
    /// Bytes that count as progress within the write deadline. Less is as good as not reading: memory would be held for
    /// as long as the client likes.
    static let minimumProgress = 64 * 1024
    /// Bytes written after which the backlog is looked at. Looking costs more than a small answer.
    static let unwatchedBytes = 16 * 1024
    /// Time after which a client that takes nothing at all loses a backlog above the limit.
    static let stallTime = TimeAmount.seconds(5)
    /// Time between two looks while there is a backlog.
    static let interval = TimeAmount.seconds(1)

    enum Verdict: Equatable {
        /// Nothing is waiting.
        case clear
        /// Look again after ``interval``.
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

    /// Whether it is time for a look after a flush.
    var wantsLook: Bool { progress == nil && unwatched > Self.unwatchedBytes }

    /// Judges the backlog.
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
