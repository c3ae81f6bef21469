import Primitives

/// Limits in the memory of a process, for the time without Redis. A pure value of bounded size.
///
/// It remembers ``capacity`` subjects. While it is full of subjects that still count, further ones share a few hundred places by
/// chance: each place allows as much as one subject, so that a flood of new addresses neither passes without a limit nor keeps
/// out everybody who is already known.
struct LocalRateLimits: Sendable {
    static let capacity = 50_000
    /// Places for each limit that subjects share.
    static let sharedPlaces = 256
    /// Between two searches for subjects that no longer count, in microseconds.
    private static let sweepInterval: Int64 = 1_000_000

    /// By a hash of the subject: 64 bits with a seed of the process, so that nobody can choose with whom he shares.
    private var arrivals: [Int: Int64] = [:]
    private var nextSweep: Int64 = 0
    private let capacity: Int

    init(capacity: Int = LocalRateLimits.capacity) {
        self.capacity = capacity
    }

    /// Subjects and shared places that are remembered.
    var count: Int { arrivals.count }

    /// Counts a call unless one of its limits refuses it.
    /// - Parameter now: Microseconds since 1970.
    /// - Returns: The strictest decision; nil without checks.
    mutating func decide(_ checks: [RateLimitCheck], now: Int64) -> RateLimitDecision? {
        var strictest: RateLimitDecision?
        var stores: [(place: Int, arrival: Int64)] = []
        for check in checks {
            let place = place(of: check, now: now)
            var arrival = arrivals[place]
            // A call is never counted further ahead than a window: the clock was set back.
            if let known = arrival, known - now > check.limit.window.microseconds + 1_000_000 { arrival = nil }
            let (decision, store) = GenericCellRate.decide(
                check.limit, policy: check.policy, theoreticalArrival: arrival, now: now)
            if strictest.map({ decision.isStricter(than: $0) }) ?? true { strictest = decision }
            if let store { stores.append((place, store)) }
        }
        guard strictest?.isAllowed == true else { return strictest }
        for (place, arrival) in stores { arrivals[place] = arrival }
        return strictest
    }

    private mutating func place(of check: RateLimitCheck, now: Int64) -> Int {
        let own = check.key.hashValue
        if arrivals[own] != nil { return own }
        if arrivals.count >= capacity, now >= nextSweep {
            arrivals = arrivals.filter { $0.value > now }
            nextSweep = now + Self.sweepInterval
        }
        guard arrivals.count >= capacity else { return own }
        var hasher = Hasher()
        hasher.combine(check.policy)
        hasher.combine(check.limit)
        hasher.combine(UInt(bitPattern: own) % UInt(Self.sharedPlaces))
        return hasher.finalize()
    }
}
