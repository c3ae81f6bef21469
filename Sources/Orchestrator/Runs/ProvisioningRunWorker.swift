import Logging
import MessageBus
import PostgresClient
import Primitives
import ServiceLifecycle
import Synchronization

/// Works through the runs that are due: claims them, hands them to the processor, keeps their leases.
///
/// Several workers, in one process or many, share the runs.
final class ProvisioningRunWorker: Service {
    private struct State {
        var isStopping = false
        var active = 0
    }

    private let repository: ProvisioningRunRepository
    private let processor: ProvisioningRunProcessor
    private let policy: RunPolicy
    private let bell: WakeUp
    private let clock: any WallClock
    private let logger: Logger
    private let state = Mutex(State())

    /// Marks of handled events are kept longer than the bus keeps its events.
    private static let inboxRetention = Duration.seconds(30 * 86_400)
    private static let purgeInterval = Duration.seconds(3600)

    init(
        repository: ProvisioningRunRepository, processor: ProvisioningRunProcessor, policy: RunPolicy,
        bell: WakeUp, clock: any WallClock, logger: Logger
    ) {
        self.repository = repository
        self.processor = processor
        self.policy = policy
        self.bell = bell
        self.clock = clock
        self.logger = logger
    }

    /// Works until cancelled or shut down gracefully; then lets the runs at work go on for at most `drainTimeout`.
    func run() async {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { helpers in
                helpers.addTask { await self.purge() }
                await withDiscardingTaskGroup { runs in
                    await claimUntilStopped(&runs)
                    await waitForRuns()
                    runs.cancelAll()
                }
                helpers.cancelAll()
            }
        } onGracefulShutdown: {
            self.state.withLock { $0.isStopping = true }
            self.bell.signal()
        }
    }

    private var isStopping: Bool { Task.isCancelled || state.withLock { $0.isStopping } }

    private func claimUntilStopped(_ group: inout DiscardingTaskGroup) async {
        var failures = 0
        while !isStopping {
            let free = policy.concurrency - state.withLock { $0.active }
            if free <= 0 {
                await bell.wait(atMost: policy.pollInterval)
                continue
            }
            do {
                let now = clock.now()
                let runs = try await repository.claim(limit: free, lease: policy.lease, now: now)
                failures = 0
                for run in runs { start(run, in: &group) }
                if runs.isEmpty { await bell.wait(atMost: try await timeUntilDue(after: now)) }
            } catch {
                if isStopping { return }
                failures += 1
                logger.error("runs could not be claimed, trying again", metadata: ["error": "\(error)"])
                await bell.wait(atMost: policy.callback.delay(afterFailures: failures))
            }
        }
    }

    /// - Parameter instant: the time of the claim that found nothing. What has become due since is due, not past.
    private func timeUntilDue(after instant: Timestamp) async throws(PostgresError) -> Duration {
        guard let due = try await repository.nextDue(after: instant) else { return policy.pollInterval }
        return min(max(due.duration(since: clock.now()), .milliseconds(1)), policy.pollInterval)
    }

    private func start(_ run: ProvisioningRun, in group: inout DiscardingTaskGroup) {
        state.withLock { $0.active += 1 }
        group.addTask {
            await self.work(on: run)
            self.state.withLock { $0.active -= 1 }
            self.bell.signal()
        }
    }

    /// Lets the processor work as long as the run is ours.
    private func work(on run: ProvisioningRun) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.processor.advance(run) }
            group.addTask { await self.keepLease(of: run) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Renews the lease until it is lost or the task is cancelled.
    private func keepLease(of run: ProvisioningRun) async {
        let clock = ContinuousClock()
        var end = clock.now.advanced(by: policy.lease)
        while true {
            do { try await Task.sleep(for: policy.lease / 3) } catch { return }
            let start = clock.now
            do {
                guard try await repository.renew(run, lease: policy.lease) else { return }
                end = start.advanced(by: policy.lease)
            } catch {
                if Task.isCancelled || clock.now >= end { return }
                logger.warning("a lease could not be renewed", metadata: ["run": "\(run.id)", "error": "\(error)"])
            }
        }
    }

    private func waitForRuns() async {
        let end = ContinuousClock.now.advanced(by: policy.drainTimeout)
        while !Task.isCancelled, state.withLock({ $0.active > 0 }) {
            let remaining = ContinuousClock.now.duration(to: end)
            guard remaining > .zero else { return }
            await bell.wait(atMost: remaining)
        }
    }

    /// Deletes old marks of the inbox now and then.
    private func purge() async {
        while !isStopping {
            do { try await Task.sleep(for: Self.purgeInterval) } catch { return }
            do {
                try await Inbox.purge(before: clock.now().adding(.zero - Self.inboxRetention), on: repository.pool)
            } catch {
                logger.warning("the inbox could not be purged", metadata: ["error": "\(error)"])
            }
        }
    }
}
