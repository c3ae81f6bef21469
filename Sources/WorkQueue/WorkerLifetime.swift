import ServiceLifecycle
import Synchronization

/// Whether a worker goes on, how long it may record outcomes when it does not, and its pauses in between.
package final class WorkerLifetime: Sendable {
    private struct State {
        var isStopping = false
        var recordingDeadline: ContinuousClock.Instant?
    }

    /// Wakes the worker.
    package let signals = WorkSignals()
    private let state = Mutex(State())

    /// The lifetime of a worker that has not been asked to stop.
    package init() {}

    /// Runs a worker's body, which ends soon after ``isStopping`` has become true.
    /// - Parameters:
    ///   - shutdownTime: How long outcomes may still be recorded after the beginning of a graceful shutdown.
    ///   - cancellationTime: The same after the task was canceled.
    package func run(
        shutdownTime: Duration, cancellationTime: Duration, _ body: () async -> Void
    ) async {
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await body()
            } onGracefulShutdown: {
                self.stop(recordingFor: shutdownTime)
            }
        } onCancel: {
            self.stop(recordingFor: cancellationTime)
        }
    }

    private func stop(recordingFor time: Duration) {
        let deadline = ContinuousClock.now.advanced(by: time)
        state.withLock { state in
            state.isStopping = true
            state.recordingDeadline = min(state.recordingDeadline ?? deadline, deadline)
        }
        signals.work.signal()
        signals.reconnected.signal()
    }

    /// Whether nothing new may be claimed.
    package var isStopping: Bool { Task.isCancelled || state.withLock { $0.isStopping } }

    /// Whether it is worthwhile to go on recording outcomes in a store that does not answer.
    package var mayRecord: Bool {
        state.withLock { $0.recordingDeadline.map { ContinuousClock.now < $0 } ?? true }
    }

    /// Waits out a back-off; ends early when the store is reached again or the worker stops.
    package func rest(_ duration: Duration) async {
        if isStopping { return }
        await signals.reconnected.wait(atMost: duration)
    }
}
