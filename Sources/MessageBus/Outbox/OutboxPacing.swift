import WorkQueue

/// When the relay asks for notifications, and how it makes sure that it misses none. Pure state.
///
/// Notifications cost the writers dearly, so a busy relay switches them off (see ``OutboxSchema``). Before it sleeps it
/// switches them on and looks again. A writer that had looked at the switch before, and commits after that look, is
/// still running when the switch was turned: so the relay keeps looking, at growing intervals, until every transaction
/// of that moment is over, and only then sleeps long.
struct OutboxPacing: Sendable {
    /// What to do when there was nothing to claim.
    enum Rest: Sendable, Hashable {
        /// Switch notifications on and look again.
        case arm
        /// Look again at once.
        case look
        /// Look again after this time.
        case wait(Duration)
        /// Sleep until something happens.
        case sleep
    }

    private var busyRounds = 0
    private var isArmed = false
    private var barrier: Int64?
    private var looks = 0
    private(set) var failures = 0

    private static let firstWait = Duration.milliseconds(10)
    private static let longestWait = Duration.seconds(1)

    /// Events were published. Returns whether to switch notifications off now: in the second busy round, and now and
    /// then afterwards, as a relay that went to sleep may have switched them on.
    mutating func worked() -> Bool {
        failures = 0
        busyRounds += 1
        let disarms = busyRounds == 2 || busyRounds % 64 == 0
        if disarms {
            isArmed = false
            barrier = nil
        }
        return disarms
    }

    /// Whether there was work in the round before, too.
    var isBusy: Bool { busyRounds > 1 }

    /// The bus or the database is away. Returns how often in a row.
    mutating func failed() -> Int {
        failures += 1
        return failures
    }

    /// Notifications are on. If this relay has switched them on, transactions below the barrier may not know it.
    mutating func armed(barrier: Int64?) {
        isArmed = true
        self.barrier = barrier
        looks = 0
    }

    /// There was nothing to claim; `oldestTransaction` was the oldest one running after that.
    mutating func rest(oldestTransaction: Int64) -> Rest {
        failures = 0
        busyRounds = 0
        guard isArmed else { return .arm }
        guard let barrier else { return .sleep }
        if oldestTransaction >= barrier {
            self.barrier = nil
            return .look
        }
        looks += 1
        return .wait(BackOff(initial: Self.firstWait, maximum: Self.longestWait).ceiling(afterFailures: looks))
    }

    /// The relay has slept: another one may have switched notifications off in the meantime.
    mutating func slept() {
        isArmed = false
    }
}
