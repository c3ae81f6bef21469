/// Something a pool keeps: a connection, or a stand-in for it in tests.
protocol PooledResource: AnyObject {
    /// When it is to be replaced.
    var expiresAt: Int64 { get }
}

/// The state of a pool and its transitions, without sockets, threads or a clock of its own: times are nanoseconds that
/// the caller passes in. What has to be done is returned, and done after leaving the lock.
struct PoolState<Resource: PooledResource, Waiter> {
    /// The limits of a pool; durations in nanoseconds.
    struct Limits {
        var maximum: Int
        var maximumWaiters: Int
        var connectionTimeout: Int64
        var idleTimeout: Int64
    }

    /// The answer to a caller who wants a connection and may wait.
    enum Admission {
        case granted(Resource, idleSince: Int64)
        /// In the queue. `opens`: how many connections to start opening now.
        case waiting(opens: Int)
        case refused(PostgresError)
    }

    /// What is to be done with a connection that came back or was opened.
    enum Disposal {
        case handOver(to: Waiter)
        case keep
        case close
    }

    /// What is to be done after some time has gone by, or after a failure.
    struct Chores {
        var expired: [(Waiter, PostgresError)] = []
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

    /// A row of failures to connect.
    private struct Outage {
        let since: Int64
        var retryAt: Int64
        var delay: Int64
        var error: PostgresError
    }

    private let limits: Limits
    /// The last one used is the first to be used again, so that what is not needed grows old and is closed.
    private var idle: [Idle] = []
    /// Oldest first; those before `firstQueued` have left.
    private var queue: [Queued?] = []
    private var firstQueued = 0
    private(set) var waiting = 0
    private(set) var leased = 0
    private(set) var opening = 0
    private(set) var isShutDown = false
    private var outage: Outage?

    init(limits: Limits) {
        self.limits = limits
    }

    var idleCount: Int { idle.count }
    var open: Int { idle.count + leased }
    /// Whether nothing is out any more.
    var isDrained: Bool { leased == 0 && opening == 0 }

    // MARK: Leasing

    /// Takes an idle connection, if there is one and nobody waits.
    mutating func lease() -> (Resource, idleSince: Int64)? {
        guard !isShutDown, let last = idle.popLast() else { return nil }
        leased += 1
        return (last.resource, last.since)
    }

    /// Takes an idle connection or enters the queue.
    mutating func admit(_ waiter: Waiter, id: UInt64, now: Int64) -> Admission {
        if isShutDown { return .refused(PostgresError(.closed, "the pool is shut down", isRetryable: true)) }
        if let (resource, since) = lease() { return .granted(resource, idleSince: since) }
        // The server has been away for longer than anybody waits: say so at once, and let one caller a time probe.
        if let outage, now - outage.since > limits.connectionTimeout, now < outage.retryAt || opening > 0 {
            return .refused(outage.error)
        }
        guard waiting < limits.maximumWaiters else {
            return .refused(PostgresError(.poolExhausted, "too many callers are waiting", isRetryable: true))
        }
        queue.append(Queued(id: id, waiter: waiter, deadline: now + limits.connectionTimeout))
        waiting += 1
        return .waiting(opens: startOpening(now: now))
    }

    /// Takes a waiter out of the queue; `nil` when it has got its connection or its error already.
    mutating func withdraw(_ id: UInt64) -> Waiter? {
        guard let index = queue[firstQueued...].firstIndex(where: { $0?.id == id }), let queued = queue[index] else {
            return nil
        }
        queue[index] = nil
        waiting -= 1
        compact()
        return queued.waiter
    }

    // MARK: Returning

    /// Takes back a leased connection.
    mutating func release(_ resource: Resource, isReusable: Bool, now: Int64) -> (Disposal, opens: Int) {
        leased -= 1
        guard isReusable, !isShutDown, now < resource.expiresAt else { return (.close, startOpening(now: now)) }
        return (place(resource, now: now), 0)
    }

    /// An idle connection has closed by itself.
    /// - Returns: `false` when it was not idle; its user will bring it back.
    mutating func removeIdle(_ resource: Resource) -> Bool {
        guard let index = idle.lastIndex(where: { $0.resource === resource }) else { return false }
        idle.remove(at: index)
        return true
    }

    // MARK: Opening

    /// A connection was opened.
    mutating func opened(_ resource: Resource, now: Int64) -> (Disposal, opens: Int) {
        opening -= 1
        outage = nil
        if isShutDown { return (.close, 0) }
        let disposal = place(resource, now: now)
        return (disposal, startOpening(now: now))
    }

    /// A connection could not be opened.
    mutating func openFailed(_ error: PostgresError, now: Int64) -> Chores {
        opening -= 1
        let delay = outage.map { min($0.delay * 2, 1_000_000_000) } ?? 50_000_000
        outage = Outage(since: outage?.since ?? now, retryAt: now + delay, delay: delay, error: error)
        var chores = Chores()
        if let outage, now - outage.since > limits.connectionTimeout {
            // Later callers need not wait for what the earlier ones waited for in vain.
            while let waiter = nextWaiter() { chores.expired.append((waiter, error)) }
        }
        return chores
    }

    /// Looks at all deadlines.
    mutating func tick(now: Int64) -> Chores {
        var chores = Chores()
        let late =
            open == 0
            ? PostgresError(.connection, "no connection could be opened in time", isRetryable: true)
            : PostgresError(.poolExhausted, "no connection became free in time", isRetryable: true)
        // All wait equally long, so the oldest go first.
        while firstQueued < queue.count {
            if let queued = queue[firstQueued] {
                guard queued.deadline <= now else { break }
                chores.expired.append((queued.waiter, outage?.error ?? late))
                waiting -= 1
            }
            queue[firstQueued] = nil
            firstQueued += 1
        }
        compact()
        var kept: [Idle] = []
        for entry in idle {
            if now - entry.since >= limits.idleTimeout || now >= entry.resource.expiresAt {
                chores.close.append(entry.resource)
            } else {
                kept.append(entry)
            }
        }
        if kept.count < idle.count { idle = kept }
        chores.opens = startOpening(now: now)
        return chores
    }

    /// Ends everything that is not leased.
    mutating func shutDown() -> Chores {
        isShutDown = true
        var chores = Chores()
        let error = PostgresError(.closed, "the pool is shut down", isRetryable: true)
        while let waiter = nextWaiter() { chores.expired.append((waiter, error)) }
        chores.close = idle.map(\.resource)
        idle = []
        return chores
    }

    // MARK: Helpers

    /// Hands a connection to the first in the queue, or keeps it idle. Counts it as leased or idle.
    private mutating func place(_ resource: Resource, now: Int64) -> Disposal {
        if let waiter = nextWaiter() {
            leased += 1
            return .handOver(to: waiter)
        }
        idle.append(Idle(resource: resource, since: now))
        return .keep
    }

    private mutating func nextWaiter() -> Waiter? {
        while firstQueued < queue.count {
            let queued = queue[firstQueued]
            queue[firstQueued] = nil
            firstQueued += 1
            if let queued {
                waiting -= 1
                compact()
                return queued.waiter
            }
        }
        compact()
        return nil
    }

    private mutating func compact() {
        if waiting == 0 {
            queue.removeAll(keepingCapacity: true)
            firstQueued = 0
        } else if firstQueued > 64, firstQueued > queue.count / 2 {
            queue.removeFirst(firstQueued)
            firstQueued = 0
        }
    }

    /// How many connections to open for those who wait; counts them as opening. During an outage only one probes.
    private mutating func startOpening(now: Int64) -> Int {
        guard !isShutDown else { return 0 }
        var count = min(waiting - opening, limits.maximum - idle.count - leased - opening)
        if let outage { count = now >= outage.retryAt && opening == 0 ? min(count, 1) : 0 }
        guard count > 0 else { return 0 }
        opening += count
        return count
    }
}
