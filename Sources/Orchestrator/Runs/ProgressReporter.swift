import Logging
import Primitives
import WorkQueue

/// Reports to tenant management how far a run is: the newest state, not each one. The run does not wait for its reports.
struct ProgressReporter: Sendable {
    let repository: ProvisioningRunRepository
    let callbacks: CallbackSender
    let policy: RunPolicy
    let logger: Logger

    /// Sends one report.
    /// - Throws: `PostgresError` when the run cannot be read.
    func report(_ item: ProgressItem) async throws -> ProgressOutcome {
        guard let secret = item.sealedSecret.flatMap({ repository.secret($0, of: item.run) }) else {
            return .dropped
        }
        let snapshot = try await repository.snapshot(of: item)
        let body = ProgressReport(tenantID: item.tenantID, progress: snapshot.json).body()
        let verdict = await callbacks.send(body, context: item.context, secret: secret, trace: item.trace)
        let outcome = outcome(of: verdict, item)
        // Tenant management takes a limited number of callbacks from one address; those that end runs come first.
        try? await Task.sleep(for: policy.progressPause)
        return outcome
    }

    private func outcome(of verdict: CallbackSender.Verdict, _ item: ProgressItem) -> ProgressOutcome {
        switch verdict {
        case .delivered: return .delivered
        case .refused(_, let reason):
            log(item, reason)
            return .dropped
        case .failed(let status, let reason, let retryAfter):
            // Tenant management does not know the run any more, or takes no such reports.
            if status.map({ (400...499).contains($0) && $0 != 429 }) ?? false, item.failures >= policy.progressAttempts
            {
                log(item, reason)
                return .dropped
            }
            let delay = policy.callback.delay(afterFailures: item.failures + 1)
            return .postponed(max(delay, min(retryAfter ?? .zero, policy.callback.maximum)))
        }
    }

    private func log(_ item: ProgressItem, _ reason: String) {
        logger.warning(
            "tenant management does not take the progress of a run",
            metadata: [
                "run": "\(item.run)", "tenantId": "\(item.tenantID)", "context": "\(item.context)",
                "reason": "\(reason)",
            ])
    }
}
