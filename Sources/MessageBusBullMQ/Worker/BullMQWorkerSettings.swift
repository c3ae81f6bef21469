/// How a worker treats its queue.
package struct BullMQWorkerSettings: Sendable, Hashable {
    /// How often a job may stall, that is, be given up by a worker that died, before it fails.
    package var maximumStalls: Int
    /// How often to look for stalled jobs, among all workers of the queue. A job of a worker that died waits again at most
    /// this long after the end of its lock.
    package var stalledInterval: Duration
    /// The longest wait for a marker; a wake-up that got lost costs no more than this.
    package var blockTime: Duration
    /// Most jobs that are started within ``rateWindow``, unless the queue has its own limit; 0: any number.
    package var rate: Int
    package var rateWindow: Duration
    /// Shown by tools as the worker of a job.
    package var workerName: String

    /// Makes settings; the defaults are BullMQ's, but for the time of a wait, which it has at 5 seconds.
    package init(
        maximumStalls: Int = 1, stalledInterval: Duration = .seconds(30), blockTime: Duration = .seconds(2),
        rate: Int = 0, rateWindow: Duration = .seconds(1), workerName: String = ""
    ) {
        self.maximumStalls = max(maximumStalls, 0)
        self.stalledInterval = max(stalledInterval, .milliseconds(10))
        self.blockTime = max(blockTime, .milliseconds(10))
        self.rate = max(rate, 0)
        self.rateWindow = max(rateWindow, .milliseconds(1))
        self.workerName = workerName
    }
}
