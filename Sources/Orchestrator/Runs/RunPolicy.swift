package import WorkQueue

/// How often and when things are tried again, and how much is done at once.
package struct RunPolicy: Sendable, Hashable {
    /// Runs worked on at once, from 1.
    package var concurrency: Int
    /// Runs worked on at once for one tier, or for the host of one pipeline, from 1: a tier that hangs leaves places for
    /// the others.
    package var tierConcurrency: Int
    /// Attempts of a provisioner before tenant management is notified that it failed, from 1.
    package var maximumAttempts: Int
    /// The delay after a failed provisioning.
    package var provisioning: BackOff
    /// How long something that a provisioner depends on may be away before the run fails; nothing is counted meanwhile.
    package var outageLimit: Duration
    /// The delay after an undelivered callback.
    package var callback: BackOff
    /// How long after the request a callback is still repeated whose answers are neither acceptance nor refusal.
    package var callbackLimit: Duration
    /// How long a run belongs to a process without a sign of life; renewed at every third of it. A process that is
    /// killed holds up its runs no longer than this.
    package var lease: Duration
    /// How often to look for runs although no signal came.
    package var pollInterval: Duration
    /// How often a step that is being performed looks whether an operator wants it skipped or aborted.
    package var commandInterval: Duration
    /// The pause after each progress report, of which a process sends at most two at once.
    package var progressPause: Duration
    /// How often a progress report is repeated that is answered by 4xx, before it is dropped.
    package var progressAttempts: Int
    /// How long runs at work may go on when the service is to stop; then they are canceled and given back.
    package var drainTimeout: Duration

    /// Makes a policy; what is left out has its default.
    package init(
        concurrency: Int = 8, tierConcurrency: Int = 4, maximumAttempts: Int = 5,
        provisioning: BackOff = BackOff(initial: .seconds(1), maximum: .seconds(60)),
        outageLimit: Duration = .seconds(3600),
        callback: BackOff = BackOff(initial: .milliseconds(500), maximum: .seconds(300)),
        callbackLimit: Duration = .seconds(86_400), lease: Duration = .seconds(8),
        pollInterval: Duration = .seconds(5), commandInterval: Duration = .seconds(1),
        progressPause: Duration = .milliseconds(500), progressAttempts: Int = 20, drainTimeout: Duration = .seconds(5)
    ) {
        self.concurrency = concurrency
        self.tierConcurrency = tierConcurrency
        self.maximumAttempts = maximumAttempts
        self.provisioning = provisioning
        self.outageLimit = outageLimit
        self.callback = callback
        self.callbackLimit = callbackLimit
        self.lease = lease
        self.pollInterval = pollInterval
        self.commandInterval = commandInterval
        self.progressPause = progressPause
        self.progressAttempts = progressAttempts
        self.drainTimeout = drainTimeout
    }

    /// The delay before a dependency is tried again that has been away for some time: as long as that time, from half a
    /// second to five.
    func outageDelay(after outage: Duration) -> Duration {
        min(max(outage, .milliseconds(500)), .seconds(5)) * Double.random(in: 0.8...1)
    }

    /// For the worker that reports progress.
    var progressWorker: WorkerConfiguration {
        WorkerConfiguration(
            concurrency: 2, backOff: callback, maximumAttempts: .max, pollInterval: .seconds(1),
            drainTimeout: .seconds(1))
    }

    /// For the worker.
    var worker: WorkerConfiguration {
        WorkerConfiguration(
            concurrency: concurrency, bulkheadSize: tierConcurrency, lease: lease, backOff: provisioning,
            maximumAttempts: maximumAttempts, pollInterval: pollInterval, drainTimeout: drainTimeout)
    }
}
