package import Logging
package import Primitives

/// Work that is stored somewhere and belongs to one worker at a time, for the length of a lease.
///
/// A store is all that a new kind of background work needs; claiming, renewing, repeating, settling and draining are
/// ``LeasedWorker``'s. A table with `FOR UPDATE SKIP LOCKED`, an SQS queue and a BullMQ queue fit alike: what identifies
/// a claim is an opaque ``LeasedItem/Handle`` (a row with a claim identifier, a receipt handle, a job with its lock
/// token).
///
/// **Clock.** Leases and delays are durations. The store counts them by its own clock (the database's, the queue's),
/// so the clocks of the nodes need not agree.
///
/// **Fencing.** `renew` and `settle` name the claim. They have no effect on work whose lease has ended and that somebody
/// else has claimed since, and do not return its handle.
package protocol LeasedStore: Sendable {
    /// A piece of work under a claim.
    associatedtype Item: LeasedItem
    /// What finished work leaves behind for the store to record.
    associatedtype Output: Sendable = Void

    /// Does what must be done once before the first claim, such as registering a consumer group. Repeated until it
    /// succeeds.
    func prepare() async throws

    /// Claims due work, oldest first where the store knows an order.
    ///
    /// When this throws, nothing may stay claimed: a store whose answer can get lost remembers the claim and gives it
    /// back with its next request.
    func claim(_ request: ClaimRequest) async throws -> [Item]

    /// Extends the leases of claimed work.
    /// - Returns: The handles whose claim is still valid.
    func renew(_ items: [Item], lease: Duration) async throws -> Set<Item.Handle>

    /// Ends claims, all of them or none.
    /// - Returns: The handles whose claim was still valid.
    func settle(_ settlements: [(item: Item, settlement: Settlement<Output>)]) async throws -> Set<Item.Handle>

    /// How long until work becomes due that is not due now; nil when none is known.
    func timeUntilDue() async throws -> Duration?

    /// How much work waits, for metrics. It must be cheap, however much waits. Nil if the store cannot tell.
    func backlog() async throws -> WorkBacklog?

    /// Signals whenever there may be new work, until the task is canceled. A store that cannot be listened to returns
    /// at once; the worker then looks at its poll interval.
    func watch(_ signals: WorkSignals) async
}

extension LeasedStore {
    /// Nothing has to be prepared.
    package func prepare() async throws {}

    /// Cannot tell.
    package func backlog() async throws -> WorkBacklog? { nil }

    /// Not listened to.
    package func watch(_ signals: WorkSignals) async {}
}

/// What a worker asks for.
package struct ClaimRequest: Sendable, Hashable {
    /// Most items, from 1; of a store with lanes, most lanes.
    package var limit: Int
    /// Most consecutive items of one lane, from 1 (see ``LeasedItem/lane``).
    package var runLength: Int
    /// How long the items belong to the worker unless it renews the lease.
    package var lease: Duration
    /// Bulkheads (see ``LeasedItem/bulkheads``) that have no place left. A store that can leaves their items alone.
    package var fullBulkheads: Set<String>

    /// Makes a request.
    package init(limit: Int, runLength: Int = 1, lease: Duration, fullBulkheads: Set<String> = []) {
        self.limit = limit
        self.runLength = runLength
        self.lease = lease
        self.fullBulkheads = fullBulkheads
    }
}

/// A piece of work under a claim.
package protocol LeasedItem: Sendable {
    /// Identifies the work and the claim on it. Opaque to the worker.
    associatedtype Handle: Hashable & Sendable

    var handle: Handle { get }
    /// Failed attempts so far.
    var failures: Int { get }
    /// The work as logs, metrics and traces name it.
    var description: WorkDescription { get }
    /// Work of one lane is handled in order, one after the other; nil for work that has no order. A store returns the
    /// items of a lane one after the other, and never claims a lane while items of it are claimed.
    var lane: String? { get }
    /// What this work shares with other work that must not occupy every place of a worker, such as `host:ci.example.com`.
    var bulkheads: [String] { get }
}

extension LeasedItem {
    /// No order.
    package var lane: String? { nil }

    /// None.
    package var bulkheads: [String] { [] }
}

/// A piece of work as logs, metrics and traces name it: identifiers only, no data.
package struct WorkDescription: Sendable {
    /// The queue, such as `events.orchestrator` or `mail`; a metric's dimension.
    package let queue: String
    /// The kind of work, such as an event's type; a metric's dimension.
    package let kind: String
    /// Identity of the work.
    package let id: String
    /// Which attempt this is, from 1. Attempts that ended with the process are not counted.
    package let attempt: Int
    /// The trace in which the work was requested.
    package let trace: TraceContext?
    /// More for log lines.
    package let metadata: Logger.Metadata

    /// Makes a description.
    package init(
        queue: String, kind: String, id: String, attempt: Int, trace: TraceContext? = nil,
        metadata: Logger.Metadata = [:]
    ) {
        self.queue = queue
        self.kind = kind
        self.id = id
        self.attempt = attempt
        self.trace = trace
        self.metadata = metadata
    }
}

/// How a store wakes its worker.
package struct WorkSignals: Sendable {
    /// There may be new work.
    package let work = AsyncSignal()
    /// A connection to the store exists again: what waits out an outage tries now.
    package let reconnected = AsyncSignal()

    /// Signals that have not been sent.
    package init() {}
}
