package import Logging
package import Primitives
package import ServiceLifecycle
import Synchronization
package import TraceRecording
package import WorkQueue

/// Sends spans to a receiver in batches, as long as the service runs, and what is left at its end.
///
/// A receiver that is away, slow or overloaded delays only the export. A batch that cannot be sent within the limit of time is
/// dropped. Everything that is dropped is counted, and reported in the log once a minute at most.
package final class SpanExporter: Service {
    /// What has become of spans since the process started.
    package struct Statistics: Sendable, Hashable {
        /// Accepted by the receiver.
        package var exported: Int
        /// Dropped because too many waited.
        package var overflowed: Int
        /// Dropped because the receiver could not be reached in time, or refused them.
        package var undelivered: Int
        /// Those that the receiver did not take out of batches that it accepted.
        package var rejected: Int
        /// Attempts to send a batch that failed.
        package var failures: Int

        package init(
            exported: Int = 0, overflowed: Int = 0, undelivered: Int = 0, rejected: Int = 0, failures: Int = 0
        ) {
            self.exported = exported
            self.overflowed = overflowed
            self.undelivered = undelivered
            self.rejected = rejected
            self.failures = failures
        }

        /// All that were lost.
        package var dropped: Int { overflowed + undelivered + rejected }
    }

    private struct State {
        var statistics = Statistics()
        var reported = 0
        var reportedAt: ContinuousClock.Instant?
        var lastFailure: String?
    }

    package let queue: SpanQueue
    private let resource: [Attribute]
    private let transport: any TraceTransport
    private let settings: BatchSettings
    private let backOff: BackOff
    private let clock: any WallClock
    private let logger: Logger
    private let lifetime = WorkerLifetime()
    private let state = Mutex(State())

    /// The longest time that a receiver's `Retry-After` is waited for.
    private static let longestPause = Duration.seconds(300)
    private static let reportInterval = Duration.seconds(60)

    /// - Parameters:
    ///   - resource: Who exports.
    ///   - backOff: Pauses between attempts where the receiver asks for none.
    package init(
        resource: [Attribute], transport: any TraceTransport, settings: BatchSettings,
        backOff: BackOff = BackOff(initial: .seconds(1), maximum: .seconds(16)), clock: any WallClock, logger: Logger
    ) {
        queue = SpanQueue(capacity: settings.queueSize, batchSize: settings.batchSize)
        self.resource = resource
        self.transport = transport
        self.settings = settings
        self.backOff = backOff
        self.clock = clock
        self.logger = logger
    }

    /// What has become of spans so far.
    package var statistics: Statistics { state.withLock { $0.statistics } }

    /// Why the last attempt failed; nil after one that succeeded.
    package var lastFailure: String? { state.withLock { $0.lastFailure } }

    /// Exports until the service shuts down; then sends what waits, for a limited time. Never throws.
    package func run() async {
        await lifetime.run(shutdownTime: settings.shutdownTime, cancellationTime: .zero) {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.exportUntilStopped() }
                // A request to a slow receiver must not hold up the end of the service.
                group.addTask { await self.losePatience() }
                await group.next()
                group.cancelAll()
            }
        }
        await flush()
        await transport.shutdown()
    }

    private func exportUntilStopped() async {
        while !lifetime.isStopping {
            await queue.wait(atMost: settings.delay, until: lifetime)
            await exportWaiting()
        }
    }

    private func losePatience() async {
        try? await gracefulShutdown()
        try? await Task.sleep(for: settings.shutdownTime, clock: .continuous)
    }

    /// Sends what waits.
    private func exportWaiting() async {
        while queue.count > 0, !Task.isCancelled {
            await export(queue.take(), within: settings.exportTime)
            report()
            if queue.count < queue.batchSize || lifetime.isStopping { return }
        }
        report()
    }

    /// The end: nobody waits for longer than the shutdown time, whatever the receiver does.
    private func flush() async {
        queue.close()
        let deadline = ContinuousClock.now.advanced(by: settings.shutdownTime)
        await Task { [self] in
            while queue.count > 0, ContinuousClock.now < deadline {
                await export(queue.take(), within: ContinuousClock.now.duration(to: deadline))
            }
        }.value
        let left = queue.count
        if left > 0 { state.withLock { $0.statistics.undelivered += left } }
        report(isLast: true)
    }

    // MARK: One batch

    private func export(_ spans: [SpanRecord], within limit: Duration) async {
        guard !spans.isEmpty else { return }
        let request = TraceExportRequest(resource: resource, spans: spans)
        let deadline = ContinuousClock.now.advanced(by: limit)
        var failures = 0
        while true {
            let outcome = await transport.send(
                request, timeout: min(settings.requestTime, ContinuousClock.now.duration(to: deadline)),
                now: clock.now())
            switch outcome {
            case .accepted(let response):
                accepted(spans.count, response)
                return
            case .refused(let reason):
                failed(reason, lost: spans.count)
                return
            case .unavailable(let reason, let pause):
                failures += 1
                let pause = min(pause ?? backOff.delay(afterFailures: failures), Self.longestPause)
                guard !lifetime.isStopping, ContinuousClock.now.advanced(by: pause) < deadline else {
                    failed(reason, lost: spans.count)
                    return
                }
                failed(reason, lost: 0)
                await lifetime.rest(pause)
            }
        }
    }

    private func accepted(_ count: Int, _ response: TraceExportResponse) {
        let rejected = min(response.rejectedSpans, count)
        state.withLock { state in
            state.statistics.exported += count - rejected
            state.statistics.rejected += rejected
            state.lastFailure = rejected > 0 ? "the receiver rejected spans: \(response.message)" : nil
        }
    }

    private func failed(_ reason: String, lost: Int) {
        state.withLock { state in
            state.statistics.failures += 1
            state.statistics.undelivered += lost
            state.lastFailure = reason
        }
    }

    // MARK: Reports

    /// Logs losses, once a minute at most.
    private func report(isLast: Bool = false) {
        let overflowed = queue.takeDropped()
        let now = ContinuousClock.now
        let (losses, reason, statistics) = state.withLock { state -> (Int, String?, Statistics) in
            state.statistics.overflowed += overflowed
            let losses = state.statistics.dropped - state.reported
            guard losses > 0 else { return (0, nil, state.statistics) }
            if !isLast, let last = state.reportedAt, last.duration(to: now) < Self.reportInterval {
                return (0, nil, state.statistics)
            }
            state.reported = state.statistics.dropped
            state.reportedAt = now
            return (losses, state.lastFailure, state.statistics)
        }
        guard losses > 0 else { return }
        logger.warning(
            "Spans were dropped",
            metadata: [
                "spans": "\(losses)", "sinceStart": "\(statistics.dropped)", "overflowed": "\(statistics.overflowed)",
                "undelivered": "\(statistics.undelivered)", "rejected": "\(statistics.rejected)",
                "reason": "\(reason ?? "too many were waiting")",
            ])
    }
}

extension SpanQueue {
    /// Waits until a batch is full, the time is over, or the worker stops.
    fileprivate func wait(atMost limit: Duration, until lifetime: WorkerLifetime) async {
        if lifetime.isStopping { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.ready.wait(atMost: limit) }
            group.addTask { await lifetime.signals.work.wait(atMost: limit) }
            await group.next()
            group.cancelAll()
        }
    }
}

/// Sizes and times of the export (`OTEL_BSP_…`).
package struct BatchSettings: Sendable, Hashable {
    /// Time between two exports of batches that are not full.
    package var delay: Duration
    /// Limit of a request.
    package var requestTime: Duration
    /// Limit of all attempts to send a batch.
    package var exportTime: Duration
    package var queueSize: Int
    package var batchSize: Int
    /// Limit of what is sent at the end.
    package var shutdownTime: Duration

    package init(
        delay: Duration = .seconds(5), requestTime: Duration = .seconds(10), exportTime: Duration = .seconds(30),
        queueSize: Int = 2048, batchSize: Int = 512, shutdownTime: Duration = .seconds(3)
    ) {
        self.delay = delay
        self.requestTime = requestTime
        self.exportTime = exportTime
        self.queueSize = queueSize
        self.batchSize = min(batchSize, queueSize)
        self.shutdownTime = shutdownTime
    }
}
