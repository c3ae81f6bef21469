import CoreMetrics
import NIOCore
import Primitives
import PrometheusMetrics
import ServiceKit
import ServiceLifecycle

/// Measures once a second how long a piece of work waits until it runs: in the pool of threads that tasks share, and on the
/// event loops of the connections. Where something blocks a thread, this time grows.
struct SchedulerProbe: Service {
    private static let interval = Duration.seconds(1)

    private let eventLoops: any EventLoopGroup
    private let pool: Timer
    private let loops: Timer
    private let onSample: @Sendable (SystemSample) -> Void
    private let usage = ProcessorUsage()

    /// - Parameter onSample: Called with the state of the process after each measurement.
    init(
        eventLoops: any EventLoopGroup, factory: any MetricsFactory,
        onSample: @escaping @Sendable (SystemSample) -> Void
    ) {
        self.eventLoops = eventLoops
        self.onSample = onSample
        let name = "arc_scheduler_delay_seconds"
        pool = Timer(label: name, dimensions: [("executor", "tasks")], factory: factory)
        loops = Timer(label: name, dimensions: [("executor", "event_loops")], factory: factory)
    }

    func run() async {
        await PeriodicWork.run("scheduler_probe", every: Self.interval) { await probe() }
    }

    private func probe() async {
        let start = ContinuousClock.now
        let delay = await Task.detached { ContinuousClock.now - start }.value
        pool.recordNanoseconds(delay.nanoseconds)
        var longest = delay
        for loop in eventLoops.makeIterator() {
            let start = ContinuousClock.now
            let arrived = loop.submit { ContinuousClock.now }
            guard let end = try? await arrived.get() else { continue }
            loops.recordNanoseconds((end - start).nanoseconds)
            longest = max(longest, end - start)
        }
        let lag = Double(longest.nanoseconds) / 1e6
        onSample(
            SystemSample(
                residentBytes: ProcessMetrics.residentBytes ?? 0, cpu: usage.percent(), lag: lag, maximumLag: lag))
    }
}
