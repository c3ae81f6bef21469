import Synchronization

/// Wakes the worker of this process when something else in this process has stored work for it.
package final class WorkAnnouncements: Sendable {
    private let signals = Mutex<WorkSignals?>(nil)

    /// Nobody is woken yet.
    package init() {}

    /// Work was committed.
    package func announce() { signals.withLock { $0 }?.work.signal() }

    /// Wakes the worker with these signals from now on (see ``LeasedStore/watch(_:)``).
    package func watch(_ signals: WorkSignals) {
        self.signals.withLock { $0 = signals }
        // Work may have been announced before.
        signals.work.signal()
    }
}
