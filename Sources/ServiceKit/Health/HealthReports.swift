import Synchronization

/// The health of a service for everybody who asks. Whoever asks at the same time shares one run of the checks: there is no limit on how
/// often anybody asks, and each run sends requests to databases and the bus.
final class HealthReports: Sendable {
    private let checks: [HealthCheck]
    private let running = Mutex<Task<HealthReport, Never>?>(nil)

    init(_ checks: [HealthCheck]) { self.checks = checks }

    /// The run that is going on, or a new one.
    func run() -> Task<HealthReport, Never> {
        running.withLock { current -> Task<HealthReport, Never> in
            if let current { return current }
            let started = Task { await self.report() }
            current = started
            return started
        }
    }

    private func report() async -> HealthReport {
        let report = await HealthReport(running: checks)
        running.withLock { $0 = nil }
        return report
    }
}
