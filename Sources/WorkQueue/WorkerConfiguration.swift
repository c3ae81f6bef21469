/// How a ``LeasedWorker`` works through its store.
package struct WorkerConfiguration: Sendable, Hashable {
    /// Most handlers at work at once, from 1.
    package var concurrency: Int
    /// Most consecutive items of one lane that are claimed together, from 1 (see ``LeasedItem/lane``).
    package var runLength: Int
    /// Most handlers at work at once for one bulkhead (see ``LeasedItem/bulkheads``), from 1; nil: no limit.
    package var bulkheadSize: Int?
    /// How long work belongs to a worker without a sign of life; renewed at every third of it. A process that is killed
    /// delays its work no longer than this.
    package var lease: Duration
    /// The delay after a failed attempt.
    package var backOff: BackOff
    /// After that many failed attempts the work becomes a dead letter, from 1.
    package var maximumAttempts: Int
    /// The delay between attempts while something that the handlers depend on is away. Its maximum bounds how long work
    /// goes on resting after an outage, however long that was.
    package var unavailability: BackOff
    /// The same while the store is away.
    package var storeUnavailability: BackOff
    /// How often to look for work although no signal came.
    package var pollInterval: Duration
    /// How long to collect after a claim that has found work, but not as much as there was place for. Under load, claims then find
    /// more, and a store need not be asked for each item; the first item after a pause does not wait. Workers with a single place
    /// collect after each claim.
    package var linger: Duration
    /// How long handlers at work may go on when the service is to stop; then they are canceled and their work is
    /// released.
    package var drainTimeout: Duration
    /// How long a stopping worker goes on trying to record outcomes in a store that does not answer, and how long
    /// handlers may go on that were canceled after ``Lease/commit()``.
    package var settlementTimeout: Duration

    /// Makes a configuration; what is left out has its default.
    package init(
        concurrency: Int = 4, runLength: Int = 16, bulkheadSize: Int? = nil, lease: Duration = .seconds(30),
        backOff: BackOff = BackOff(initial: .seconds(1), maximum: .seconds(300)), maximumAttempts: Int = 12,
        unavailability: BackOff = .probing, storeUnavailability: BackOff = .probing,
        pollInterval: Duration = .seconds(10), linger: Duration = .zero, drainTimeout: Duration = .seconds(5),
        settlementTimeout: Duration = .seconds(2)
    ) {
        self.concurrency = max(concurrency, 1)
        self.runLength = max(runLength, 1)
        self.bulkheadSize = bulkheadSize.map { max($0, 1) }
        self.lease = max(lease, .milliseconds(30))
        self.backOff = backOff
        self.maximumAttempts = max(maximumAttempts, 1)
        self.unavailability = unavailability
        self.storeUnavailability = storeUnavailability
        self.pollInterval = pollInterval
        self.linger = linger
        self.drainTimeout = drainTimeout
        self.settlementTimeout = settlementTimeout
    }
}

extension BackOff {
    /// For probing a dependency that is away: work resumes within a moment of its return.
    package static let probing = BackOff(initial: .milliseconds(50), maximum: .milliseconds(500))
}
