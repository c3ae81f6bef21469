package import MessageBus

/// How often and when things are tried again, and how much is done at once.
package struct RunPolicy: Sendable, Hashable {
    /// Runs worked on at once, from 1.
    package var concurrency: Int
    /// Attempts of a provisioner before tenant management is told that it failed, from 1.
    package var maximumAttempts: Int
    /// The wait after a failed provisioning.
    package var provisioning: BackOff
    /// The wait after an undelivered call-back; these are tried until they are delivered or refused.
    package var callback: BackOff
    /// How long a run belongs to a process without a sign of life; renewed at every third of it. A process that is
    /// killed holds up its runs no longer than this.
    package var lease: Duration
    /// How often to look for runs although nothing rang.
    package var pollInterval: Duration
    /// How long runs at work may go on when the service is to stop; then they are cancelled and given back.
    package var drainTimeout: Duration

    /// Makes one from its parts.
    package init(
        concurrency: Int = 4, maximumAttempts: Int = 5,
        provisioning: BackOff = BackOff(initial: .seconds(1), maximum: .seconds(60)),
        callback: BackOff = BackOff(initial: .milliseconds(500), maximum: .seconds(300)),
        lease: Duration = .seconds(15), pollInterval: Duration = .seconds(5), drainTimeout: Duration = .seconds(5)
    ) {
        self.concurrency = concurrency
        self.maximumAttempts = maximumAttempts
        self.provisioning = provisioning
        self.callback = callback
        self.lease = lease
        self.pollInterval = pollInterval
        self.drainTimeout = drainTimeout
    }

    /// The wait between attempts to write something down while the database is away for a moment.
    static let notes = BackOff(initial: .milliseconds(100), maximum: .seconds(1))
}
