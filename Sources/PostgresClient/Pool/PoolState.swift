import DequeModule

/// What a pool keeps: connections, or substitutes for them in tests.
protocol PooledResource: AnyObject {
    /// When it was opened.
    var openedAt: Int64 { get }
    /// When it is to be replaced.
    var expiresAt: Int64 { get }
}

/// The state machine of a pool, without sockets, threads or a clock: times are nanoseconds that the caller passes in.
/// Every transition returns actions, which the caller performs after leaving the lock.
///
/// A connection is in one of these states:
/// - *opening*: a thread connects. Can transition to *idle*, *leased* (a caller waited for it) or *closed* (it failed).
/// - *idle*: not in use. Can transition to *leased* or *closed* (idle for too long, too old, lost, retired).
/// - *leased*: a caller uses it. Can transition to *idle*, *leased* (handed over to the next waiter) or *closed*.
///
/// A request for a connection is *granted* at once, *refused* at once, or *waiting*. Waiting can transition to granted,
/// refused (its deadline, a shutdown, or an outage) or withdrawn (its task was canceled).
struct PoolState<Resource: PooledResource, Waiter> {
    /// The limits of a pool; durations in nanoseconds.
    struct Limits {
        var maximum: Int
        var maximumWaiters: Int
        /// Most connections that callers of the search lane hold together.
        var maximumSearches: Int
        var connectionTimeout: Int64
        var idleTimeout: Int64
    }

    /// What to do for a caller that wants a connection and may wait.
    enum LeaseAction {
        case grant(Resource, idleSince: Int64)
        /// The caller is in the queue; start opening this many connections.
        case wait(opens: Int)
        case refuse(PostgresError)
    }

    /// A connection for a caller that has waited for it.
    struct Grant {
        let waiter: Waiter
        let resource: Resource
        /// When it was last used; `.max`: just now.
        let idleSince: Int64
    }

    /// What to do after a connection came back or was opened.
    struct ReturnAction {
        var grant: Grant?
        /// Whether to close the connection concerned.
        var closes = false
        /// How many connections to start opening.
        var opens = 0
    }

    /// What to do after some time has passed, or after a failure.
    struct TickActions {
        var refuse: [(Waiter, PostgresError)] = []
        var close: [Resource] = []
        var opens = 0
    }

    private struct Idle {
        let resource: Resource
        let since: Int64
    }

    private struct Queued {
        let id: UInt64
        let waiter: Waiter
        let deadline: Int64
    }

    /// Failed attempts to connect, without a success since.
    private struct Outage {
        /// Since when no connection has worked; moves forward while others work.
        var since: Int64
        var lastFailure: Int64
        var retryAt: Int64
        var delay: Int64
        var error: PostgresError
    }

    private let limits: Limits
    /// The last one used is the first to be used again, so that what is not needed grows old and is closed.
    private var idle: [Idle] = []
    /// Oldest first.
    private var queue: Deque<Queued> = []
    private var searchQueue: Deque<Queued> = []
    /// The leased connections that count as searches.
    private var searches: Set<ObjectIdentifier> = []
    private(set) var leased = 0
    private(set) var opening = 0
    private(set) var isShutDown = false
    private var outage: Outage?
    private var retiredAt = Int64.min

    /// How long a failed attempt to connect predicts the next one. Beyond it, callers wait for an attempt
    /// instead of being refused for what was true some time ago.
    static var outageMemory: Int64 { 10_000_000_000 }

    init(limits: Limits) {
        self.limits = limits
    }

    var idleCount: Int { idle.count }
    var waiting: Int { queue.count + searchQueue.count }
    var open: Int { idle.count + leased }
    /// Whether the last attempts to connect have failed and no connection works.
    var isUnreachable: Bool { outage != nil && open == 0 }
    /// Whether all connections have been closed or given back.
    var isDrained: Bool { leased == 0 && opening == 0 }

    // MARK: Leasing

    /// Takes an idle connection, if there is one for this lane.
    mutating func lease(_ lane: PoolLane) -> (Resource, idleSince: Int64)? {
        guard !isShutDown, lane == .regular || searches.count < limits.maximumSearches else { return nil }
        guard let last = idle.popLast() else { return nil }
        markLeased(last.resource, lane)
        return (last.resource, last.since)
    }

    /// Takes an idle connection or enters the queue.
    mutating func admit(_ waiter: Waiter, id: UInt64, lane: PoolLane, now: Int64) -> LeaseAction {
        if isShutDown { return .refuse(PostgresError(.closed, "the pool is shut down", isRetryable: true)) }
        if let (resource, since) = lease(lane) { return .grant(resource, idleSince: since) }
        forgetOutage(now: now)
        // The server has been away for longer than callers wait: refuse them at once, and let one at a time probe.
        if let outage, open == 0, now - outage.since > limits.connectionTimeout, now < outage.retryAt || opening > 0 {
            return .refuse(outage.error)
        }
        // Searches leave half of the queue to other requests.
        let isFull =
            waiting >= limits.maximumWaiters
            || (lane == .search && searchQueue.count >= (limits.maximumWaiters + 1) / 2)
        if isFull {
            return .refuse(PostgresError(.poolExhausted, "too many callers are waiting", isRetryable: true))
        }
        let queued = Queued(id: id, waiter: waiter, deadline: now + limits.connectionTimeout)
        if lane == .regular { queue.append(queued) } else { searchQueue.append(queued) }
        return .wait(opens: startOpening(now: now))
    }

    /// Takes a waiter out of the queue; `nil` if it already has its connection or its error.
    mutating func withdraw(_ id: UInt64) -> Waiter? {
        if let index = queue.firstIndex(where: { $0.id == id }) { return queue.remove(at: index).waiter }
        guard let index = searchQueue.firstIndex(where: { $0.id == id }) else { return nil }
        return searchQueue.remove(at: index).waiter
    }

    // MARK: Returning

    /// Takes back a leased connection.
    mutating func release(_ resource: Resource, isReusable: Bool, now: Int64) -> ReturnAction {
        leased -= 1
        if !searches.isEmpty { searches.remove(ObjectIdentifier(resource)) }
        guard isReusable, !isShutDown, now < resource.expiresAt, resource.openedAt > retiredAt else {
            // The end of a search may let the next one have a connection that is idle.
            return ReturnAction(grant: grantIdle(), closes: true, opens: startOpening(now: now))
        }
        return place(resource, now: now)
    }

    /// An idle connection has closed by itself.
    /// - Returns: `false` when it was not idle; its user will bring it back.
    mutating func removeIdle(_ resource: Resource) -> Bool {
        guard let index = idle.lastIndex(where: { $0.resource === resource }) else { return false }
        idle.remove(at: index)
        return true
    }

    /// Retires every connection opened until now, because they lead to a server that no longer accepts writes: idle ones
    /// are closed at once, leased ones when they come back.
    /// - Parameter resource: The connection that has shown this.
    /// - Returns: The connections to close; nil if it was retired before, so that it says nothing about newer ones.
    mutating func retire(with resource: Resource, now: Int64) -> [Resource]? {
        guard resource.openedAt > retiredAt else { return nil }
        retiredAt = now
        defer { idle = [] }
        return idle.map(\.resource)
    }

    // MARK: Opening

    /// A connection was opened.
    mutating func opened(_ resource: Resource, now: Int64) -> ReturnAction {
        opening -= 1
        outage = nil
        if isShutDown { return ReturnAction(closes: true) }
        var action = place(resource, now: now)
        action.opens = startOpening(now: now)
        return action
    }

    /// A connection could not be opened. While others work, callers go on waiting for those.
    mutating func openFailed(_ error: PostgresError, now: Int64) -> TickActions {
        opening -= 1
        forgetOutage(now: now)
        let delay = outage.map { min($0.delay * 2, 1_000_000_000) } ?? 50_000_000
        let since = open == 0 ? outage?.since ?? now : now
        outage = Outage(since: since, lastFailure: now, retryAt: now + delay, delay: delay, error: error)
        var actions = TickActions()
        if open == 0, now - since > limits.connectionTimeout {
            // Later callers need not wait as long as the earlier ones, which waited in vain.
            while let next = nextWaiter() { actions.refuse.append((next.waiter, error)) }
        }
        return actions
    }

    /// Checks all deadlines.
    mutating func tick(now: Int64) -> TickActions {
        var actions = TickActions()
        forgetOutage(now: now)
        let error =
            open > 0
            ? PostgresError(.poolExhausted, "no connection became free in time", isRetryable: true)
            : outage?.error
                ?? PostgresError(.connection, "no connection could be opened in time", isRetryable: true)
        // All have the same patience, so the oldest reach their deadlines first.
        while let first = queue.first, first.deadline <= now {
            queue.removeFirst()
            actions.refuse.append((first.waiter, error))
        }
        while let first = searchQueue.first, first.deadline <= now {
            searchQueue.removeFirst()
            actions.refuse.append((first.waiter, error))
        }
        let stale = idle.filter { now - $0.since >= limits.idleTimeout || now >= $0.resource.expiresAt }
        for entry in stale where removeIdle(entry.resource) { actions.close.append(entry.resource) }
        actions.opens = startOpening(now: now)
        return actions
    }

    /// Ends everything that is not leased.
    mutating func shutDown() -> TickActions {
        isShutDown = true
        var actions = TickActions()
        let error = PostgresError(.closed, "the pool is shut down", isRetryable: true)
        for waiter in queue + searchQueue { actions.refuse.append((waiter.waiter, error)) }
        queue = []
        searchQueue = []
        actions.close = idle.map(\.resource)
        idle = []
        return actions
    }

    // MARK: Helpers

    private mutating func markLeased(_ resource: Resource, _ lane: PoolLane) {
        leased += 1
        if lane == .search { searches.insert(ObjectIdentifier(resource)) }
    }

    /// Hands a connection to the first in the queue, or keeps it idle. Counts it as leased or idle.
    private mutating func place(_ resource: Resource, now: Int64) -> ReturnAction {
        guard let next = nextWaiter() else {
            idle.append(Idle(resource: resource, since: now))
            return ReturnAction()
        }
        markLeased(resource, next.lane)
        // Just opened or just used: no look at the peer is needed.
        return ReturnAction(grant: Grant(waiter: next.waiter, resource: resource, idleSince: .max))
    }

    /// Hands an idle connection to the first in the queue, if there are both.
    private mutating func grantIdle() -> Grant? {
        guard !idle.isEmpty, let next = nextWaiter(), let last = idle.popLast() else { return nil }
        markLeased(last.resource, next.lane)
        return Grant(waiter: next.waiter, resource: last.resource, idleSince: last.since)
    }

    /// The caller that has waited longest and may have a connection now.
    private mutating func nextWaiter() -> (waiter: Waiter, lane: PoolLane)? {
        let search = searches.count < limits.maximumSearches ? searchQueue.first : nil
        if let first = queue.first, search.map({ first.id < $0.id }) ?? true {
            queue.removeFirst()
            return (first.waiter, .regular)
        }
        guard let search else { return nil }
        searchQueue.removeFirst()
        return (search.waiter, .search)
    }

    /// A failure of long ago says nothing about the server now.
    private mutating func forgetOutage(now: Int64) {
        if let outage, now - outage.lastFailure > Self.outageMemory { self.outage = nil }
    }

    /// How many connections to open for waiting callers; counts them as opening. During an outage only one probes.
    private mutating func startOpening(now: Int64) -> Int {
        guard !isShutDown else { return 0 }
        let wanted = queue.count + min(searchQueue.count, max(0, limits.maximumSearches - searches.count))
        var count = min(wanted - opening, limits.maximum - open - opening)
        if let outage { count = now >= outage.retryAt && opening == 0 ? min(count, 1) : 0 }
        guard count > 0 else { return 0 }
        opening += count
        return count
    }
}
