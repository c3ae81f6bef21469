import JSONCoding
import Logging
import MessageBus
import PostgresClient
import Primitives
import ServiceKit
import WorkQueue

/// Takes a claimed run as far as it goes: makes the resources, records them, calls back.
///
/// Whatever is interrupted between two records is done again by whoever claims the run next; provisioners and callbacks
/// tolerate that.
struct ProvisioningRunProcessor: Sendable {
    let repository: ProvisioningRunRepository
    let tiers: TierTable
    var callbacks: CallbackSender
    let appPlaneURL: AppPlaneURL
    let policy: RunPolicy
    let clock: any WallClock
    let logger: Logger

    /// What a step leads to: the next step with the run as it is now, or the end of the claim.
    private enum Step {
        case next(ProvisioningRun)
        case end(RunTransition)
    }

    /// Works on the run until it is over, has to wait, or the task is canceled.
    /// - Returns: What ends the claim, to be recorded.
    func advance(_ run: ProvisioningRun) async -> RunTransition {
        guard let event = repository.event(of: run) else {
            let reason = "the event cannot be opened; DATA_ENCRYPTION_KEY has changed"
            logger.error("a run is given up without callback", metadata: metadata(run, ["reason": "\(reason)"]))
            return .unreadable(reason: reason)
        }
        var run = run
        if run.state == .pending {
            switch await provision(run, event) {
            case .next(let next): run = next
            case .end(let transition): return transition
            }
        }
        while run.callbackState == .pending {
            switch await callBack(run, event) {
            case .next(let next): run = next
            case .end(let transition): return transition
            }
        }
        return .released(after: .zero)
    }

    // MARK: Provisioning

    private func provision(_ run: ProvisioningRun, _ event: ProvisioningEvent) async -> Step {
        guard let entry = tiers[run.tier, size: event.plan.size] else {
            let known = tiers.tiers.joined(separator: ", ")
            let reason = run.tier.isEmpty ? "the event names no tier" : "no provisioner is configured for this tier"
            logger.error("provisioning failed", metadata: metadata(run, ["reason": "\(reason)", "tiers": "\(known)"]))
            return await giveUp(run, provisioner: nil, reason: reason)
        }
        let outcome: Result<StepOutput, ProvisioningFailure>
        do { outcome = .success(try await entry.provisioner.plan(.provision).performAll(event)) } catch {
            outcome = .failure(error)
        }
        switch outcome {
        case .success(let output) where !output.isDelegated:
            return await provisioned(run, event, by: entry.name, resources: output.resources, url: output.appPlaneURL)
        case .success:
            logger.info("a pipeline has accepted the work", metadata: metadata(run, ["provisioner": "\(entry.name)"]))
            return .end(.delegated(to: entry.name))
        case .failure(let failure):
            // What was interrupted has not failed.
            if Task.isCancelled { return .end(.released(after: .zero)) }
            return await failed(run, entry.name, failure)
        }
    }

    private func provisioned(
        _ run: ProvisioningRun, _ event: ProvisioningEvent, by provisioner: String, resources: [TenantResource],
        url: String?
    ) async -> Step {
        let address = url ?? appPlaneURL.url(for: event)
        if let problem = ProvisioningReportLimits.problem(resources: resources, appPlaneURL: address) {
            // Another attempt would only report the same.
            return await failed(run, provisioner, .permanent("what was made cannot be reported: \(problem)"))
        }
        var next = run
        next.state = .provisioned
        next.resources = resources
        next.appPlaneURL = address
        next.callbackState = .pending
        let isOurs = await record(run, .provisioned(by: provisioner, resources: resources, appPlaneURL: address))
        guard isOurs else { return .end(.released(after: .zero)) }
        logger.info(
            "provisioned",
            metadata: metadata(run, ["provisioner": "\(provisioner)", "resources": "\(resources.count)"]))
        return .next(next)
    }

    private func failed(
        _ run: ProvisioningRun, _ provisioner: String, _ failure: ProvisioningFailure
    ) async -> Step {
        let reason = FailureReason.stored(failure.reason)
        if failure.kind == .unavailable, run.outage < policy.outageLimit {
            let delay = policy.outageDelay(after: run.outage)
            logger.warning(
                "provisioning waits for something that is away",
                metadata: metadata(run, ["provisioner": "\(provisioner)", "reason": "\(reason)"]))
            return .end(.provisioningPostponed(by: provisioner, reason: reason, retryAfter: delay))
        }
        let attempt = run.attempts + 1
        let isOver = failure.kind != .transient || attempt >= policy.maximumAttempts
        logger.error(
            isOver ? "provisioning failed" : "provisioning failed, trying again",
            metadata: metadata(
                run, ["provisioner": "\(provisioner)", "attempt": "\(attempt)", "reason": "\(reason)"]))
        if isOver { return await giveUp(run, provisioner: provisioner, reason: reason) }
        let delay = policy.provisioning.delay(afterFailures: attempt)
        return .end(.provisioningFailed(by: provisioner, reason: reason, retryAfter: delay))
    }

    private func giveUp(_ run: ProvisioningRun, provisioner: String?, reason: String) async -> Step {
        var next = run
        next.state = .failed
        next.callbackState = .pending
        let isOurs = await record(run, .provisioningGivenUp(by: provisioner, reason: reason))
        return isOurs ? .next(next) : .end(.released(after: .zero))
    }

    // MARK: Callback

    private func callBack(_ run: ProvisioningRun, _ event: ProvisioningEvent) async -> Step {
        if Task.isCancelled { return .end(.released(after: .zero)) }
        let report = CallbackReport(
            tenantID: run.tenantID, result: run.state == .provisioned ? .success : .failure,
            // A failed run may have resources that tenant management did not accept.
            resources: run.state == .provisioned ? run.resources : [],
            appPlaneURL: run.appPlaneURL ?? appPlaneURL.url(for: event))
        let verdict = await callbacks.send(report, for: event)
        let attempt = run.callbackAttempts + 1
        let common: Logger.Metadata = ["attempt": "\(attempt)"]
        switch verdict {
        case .delivered(let status):
            logger.info("callback delivered", metadata: metadata(run, common.merging(["status": "\(status)"]) { $1 }))
            return .end(.callbackDelivered(status: status))
        case .refused(let status, let reason) where status == 422 && run.state == .provisioned:
            return await reportRefused(run, status: status, reason: reason)
        case .refused(let status, let reason):
            return .end(callbackRefused(run, status: status, reason: reason))
        case .failed(let status, let reason, let retryAfter):
            if Task.isCancelled { return .end(.released(after: .zero)) }
            // The sender of such an answer may be a proxy during a deployment, or a wrong service for good.
            let isAnswered = status.map { (400...499).contains($0) } ?? false
            if isAnswered, run.age >= policy.callbackLimit {
                return .end(callbackRefused(run, status: status ?? 0, reason: "\(reason) for too long"))
            }
            let delay = max(
                policy.callback.delay(afterFailures: attempt), min(retryAfter ?? .zero, policy.callback.maximum))
            logger.warning(
                "callback not delivered, trying again",
                metadata: metadata(run, common.merging(["reason": "\(reason)", "delay": "\(delay)"]) { $1 }))
            return .end(.callbackFailed(status: status, reason: reason, retryAfter: delay))
        }
    }

    /// Tenant management cannot store what was made: it is notified that provisioning failed, instead of waiting for a
    /// callback that never comes.
    private func reportRefused(_ run: ProvisioningRun, status: Int, reason: String) async -> Step {
        logger.error("the report was refused, the run has failed", metadata: metadata(run, ["reason": "\(reason)"]))
        var next = run
        next.state = .failed
        next.callbackAttempts += 1
        let isOurs = await record(run, .reportRefused(status: status, reason: FailureReason.stored(reason)))
        return isOurs ? .next(next) : .end(.released(after: .zero))
    }

    private func callbackRefused(_ run: ProvisioningRun, status: Int, reason: String) -> RunTransition {
        logger.error("callback refused, giving up", metadata: metadata(run, ["reason": "\(reason)"]))
        return .callbackRefused(status: status, reason: FailureReason.stored(reason))
    }

    // MARK: Records

    /// Records a step, also in a canceled task, and as often as it takes while the database is away.
    /// - Returns: False when it could not be recorded or the run belongs to another process by now.
    private func record(_ run: ProvisioningRun, _ transition: RunTransition) async -> Bool {
        let repository = self.repository
        let outage = OutageLog("the step of a run cannot be recorded, trying again", logger: logger)
        switch await recording(outage: outage, { try await repository.record(run, transition) }) {
        case .success(let isOurs):
            if !isOurs { logger.warning("the run was worked on beyond its lease", metadata: metadata(run, [:])) }
            return isOurs
        case .failure(let error):
            logger.error(
                "the run stays claimed until its lease ends",
                metadata: metadata(run, ["error": "\(FailureReason.describing(error))"]))
            return false
        }
    }

    private func metadata(_ run: ProvisioningRun, _ more: Logger.Metadata) -> Logger.Metadata {
        let common: Logger.Metadata = [
            "run": "\(run.id)", "tenantId": "\(run.tenantID)", "context": "\(run.context)", "tier": "\(run.tier)",
        ]
        return common.merging(more) { $1 }
    }
}
