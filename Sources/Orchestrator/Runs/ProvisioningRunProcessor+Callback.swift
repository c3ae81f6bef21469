import JSONCoding
import Logging
import Primitives
import ServiceKit
import WorkQueue

extension ProvisioningRunProcessor {
    /// Reports the outcome of a run.
    /// - Returns: What ends the claim; nil when the workflow goes on, because what was made is not accepted and has to be undone.
    func callBack(_ work: inout RunWork) async -> RunTransition? {
        if Task.isCancelled { return .released(after: .zero) }
        let run = work.run
        let isSuccess = run.workflow.phase == .succeeded
        let report = CallbackReport(
            type: run.kind.callbackType, tenantID: run.tenantID, result: isSuccess ? .success : .failure,
            // A failed run may have resources that tenant management did not accept.
            resources: isSuccess ? run.resources : [],
            appPlaneURL: run.appPlaneURL ?? appPlaneURL.url(for: work.event), context: run.context,
            progress: work.snapshot.json)
        let verdict = await callbacks.send(report, for: work.event)
        let attempt = run.callbackAttempts + 1
        let common: Logger.Metadata = ["attempt": "\(attempt)"]
        switch verdict {
        case .delivered(let status):
            logger.info("callback delivered", metadata: metadata(run, common.merging(["status": "\(status)"]) { $1 }))
            metrics.ended(run, succeeded: isSuccess)
            return .callbackDelivered(status: status, version: run.version)
        case .refused(let status, let reason) where status == 422 && isSuccess:
            return await reportRefused(&work, status: status, reason: reason)
        case .refused(let status, let reason):
            return callbackRefused(run, status: status, reason: reason)
        case .failed(let status, let reason, let retryAfter):
            if Task.isCancelled { return .released(after: .zero) }
            // The sender of such an answer may be a proxy during a deployment, or a wrong service for good.
            let isAnswered = status.map { (400...499).contains($0) } ?? false
            if isAnswered, run.age >= policy.callbackLimit {
                return callbackRefused(run, status: status ?? 0, reason: "\(reason) for too long")
            }
            if isAnswered, await isSuperseded(run) {
                return callbackRefused(run, status: status ?? 0, reason: "\(reason), and there is a later request")
            }
            let delay = max(
                policy.callback.delay(afterFailures: attempt), min(retryAfter ?? .zero, policy.callback.maximum))
            logger.warning(
                "callback not delivered, trying again",
                metadata: metadata(run, common.merging(["reason": "\(reason)", "delay": "\(delay)"]) { $1 }))
            return .callbackFailed(status: status, reason: reason, retryAfter: delay)
        }
    }

    /// Tenant management cannot store what was made: it is undone, and tenant management is notified that provisioning failed,
    /// instead of waiting for a callback that never comes.
    private func reportRefused(_ work: inout RunWork, status: Int, reason: String) async -> RunTransition? {
        logger.error(
            "the report was refused, the run has failed", metadata: metadata(work.run, ["reason": "\(reason)"]))
        work.run.workflow.reject(because: FailureReason.stored(reason))
        work.run.resources = []
        work.run.callbackState = .none
        work.run.callbackAttempts += 1
        work.lastError = FailureReason.stored(reason)
        return await record(&work, refusedStatus: status) ? nil : .released(after: .zero)
    }

    /// Whether a later run of the tenant waits. Tenant management makes no further request before it has closed the one that this run
    /// reports on, so nothing waits for the report any more; and a report that is not accepted must not hold up that run.
    private func isSuperseded(_ run: ProvisioningRun) async -> Bool {
        (try? await repository.hasLaterRun(than: run)) ?? false
    }

    private func callbackRefused(_ run: ProvisioningRun, status: Int, reason: String) -> RunTransition {
        metrics.ended(run, succeeded: false)
        logger.error("callback refused, giving up", metadata: metadata(run, ["reason": "\(reason)"]))
        return .callbackRefused(status: status, reason: FailureReason.stored(reason))
    }
}

extension WorkflowKind {
    /// The type of the callback that reports its outcome.
    var callbackType: CallbackType {
        switch self {
        case .provision: .resourcesProvisioned
        case .deprovision: .resourcesDeprovisioned
        case .move: .resourcesMoved
        }
    }
}
