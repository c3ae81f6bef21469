import JSONCoding
import Logging
import MessageBus
import PostgresClient
import Primitives

/// Takes a claimed run as far as it goes: makes the resources, notes them, calls back.
///
/// Whatever is interrupted between two notes is done again by whoever claims the run next; provisioners and call-backs
/// bear that.
struct ProvisioningRunProcessor: Sendable {
    let repository: ProvisioningRunRepository
    let tiers: TierTable
    var callbacks: CallbackSender
    let appPlaneURL: AppPlaneURL
    let policy: RunPolicy
    let clock: any WallClock
    let logger: Logger

    /// Works on the run until it is over, has to wait, or the task is cancelled.
    func advance(_ run: ProvisioningRun) async {
        guard let event = repository.event(of: run) else {
            let reason = "the event cannot be opened; DATA_ENCRYPTION_KEY has changed"
            logger.error("a run is given up without call-back", metadata: metadata(run, ["reason": "\(reason)"]))
            await note(run, .unreadable(reason: reason))
            return
        }
        var run = run
        if run.state == .pending {
            guard let next = await provision(run, event) else { return }
            run = next
        }
        if run.callbackState == .pending { await callBack(run, event) }
    }

    // MARK: Provisioning

    /// - Returns: The run when its call-back is next.
    private func provision(_ run: ProvisioningRun, _ event: ProvisioningEvent) async -> ProvisioningRun? {
        guard let entry = tiers[run.tier] else {
            let known = tiers.tiers.joined(separator: ", ")
            let reason = run.tier.isEmpty ? "the event names no tier" : "no provisioner is configured for this tier"
            logger.error("provisioning failed", metadata: metadata(run, ["reason": "\(reason)", "tiers": "\(known)"]))
            return await giveUp(run, provisioner: nil, reason: reason)
        }
        let outcome: Result<ProvisioningOutcome, ProvisioningFailure>
        do { outcome = .success(try await entry.provisioner.provision(event)) } catch { outcome = .failure(error) }
        switch outcome {
        case .success(.provisioned(let resources, let url)):
            return await provisioned(run, event, by: entry.name, resources: resources, url: url)
        case .success(.delegated):
            logger.info("the pipeline has taken over", metadata: metadata(run, ["provisioner": "\(entry.name)"]))
            await note(run, .delegated(to: entry.name))
            return nil
        case .failure(let failure):
            // What was interrupted by us has not failed.
            if Task.isCancelled { return await release(run) }
            return await failed(run, entry.name, failure)
        }
    }

    private func provisioned(
        _ run: ProvisioningRun, _ event: ProvisioningEvent, by provisioner: String, resources: [TenantResource],
        url: String?
    ) async -> ProvisioningRun? {
        var next = run
        let json = resources.jsonBytes()
        let address = url ?? appPlaneURL.url(for: event)
        next.state = .provisioned
        next.resources = json
        next.appPlaneURL = address
        next.callbackState = .pending
        guard await note(run, .provisioned(by: provisioner, resources: json, appPlaneURL: address)) else { return nil }
        logger.info(
            "provisioned",
            metadata: metadata(run, ["provisioner": "\(provisioner)", "resources": "\(resources.count)"]))
        return next
    }

    private func failed(
        _ run: ProvisioningRun, _ provisioner: String, _ failure: ProvisioningFailure
    ) async -> ProvisioningRun? {
        let attempt = run.attempts + 1
        let reason = Self.stored(failure.reason)
        let isOver = failure.isPermanent || attempt >= policy.maximumAttempts
        logger.error(
            isOver ? "provisioning failed" : "provisioning failed, trying again",
            metadata: metadata(
                run, ["provisioner": "\(provisioner)", "attempt": "\(attempt)", "reason": "\(reason)"]))
        if isOver { return await giveUp(run, provisioner: provisioner, reason: reason) }
        let retryAt = clock.now().adding(policy.provisioning.delay(afterFailures: attempt))
        await note(run, .provisioningFailed(by: provisioner, reason: reason, retryAt: retryAt))
        return nil
    }

    private func giveUp(_ run: ProvisioningRun, provisioner: String?, reason: String) async -> ProvisioningRun? {
        var next = run
        next.state = .failed
        next.callbackState = .pending
        return await note(run, .provisioningGivenUp(by: provisioner, reason: reason)) ? next : nil
    }

    // MARK: Call-back

    private func callBack(_ run: ProvisioningRun, _ event: ProvisioningEvent) async {
        if Task.isCancelled {
            _ = await release(run)
            return
        }
        let report = CallbackReport(
            tenantId: run.tenantId, isSuccess: run.state == .provisioned, resources: run.resources,
            appPlaneURL: run.appPlaneURL ?? appPlaneURL.url(for: event))
        let verdict = await callbacks.send(report, for: event)
        let attempt = run.callbackAttempts + 1
        switch verdict {
        case .delivered(let status):
            logger.info(
                "call-back delivered", metadata: metadata(run, ["status": "\(status)", "attempt": "\(attempt)"]))
            await note(run, .callbackDelivered(status: status))
        case .refused(let status):
            let reason = "refused with \(status)"
            logger.error(
                "call-back refused, giving up",
                metadata: metadata(run, ["status": "\(status)", "attempt": "\(attempt)"]))
            await note(run, .callbackRefused(status: status, reason: reason))
        case .failed(let status, let reason, let retryAfter):
            if Task.isCancelled {
                _ = await release(run)
                return
            }
            let delay = max(
                policy.callback.delay(afterFailures: attempt), min(retryAfter ?? .zero, policy.callback.maximum))
            let retryAt = clock.now().adding(delay)
            logger.warning(
                "call-back not delivered, trying again",
                metadata: metadata(run, ["attempt": "\(attempt)", "reason": "\(reason)", "retryAt": "\(retryAt)"]))
            await note(run, .callbackFailed(status: status, reason: reason, retryAt: retryAt))
        }
    }

    // MARK: Notes

    private func release(_ run: ProvisioningRun) async -> ProvisioningRun? {
        await note(run, .released)
        return nil
    }

    /// Writes something down about the run, also in a cancelled task.
    /// - Returns: False when it could not be written or the run belongs to another process by now.
    @discardableResult
    private func note(_ run: ProvisioningRun, _ note: ProvisioningRunNote) async -> Bool {
        let repository = self.repository
        do {
            let isOurs = try await Task { try await repository.note(run, note) }.value
            if !isOurs { logger.warning("the run was worked on beyond its lease", metadata: metadata(run, [:])) }
            return isOurs
        } catch {
            logger.error("the run stays claimed until its lease ends", metadata: metadata(run, ["error": "\(error)"]))
            return false
        }
    }

    /// Cut to length and freed of U+0000, which PostgreSQL cannot store.
    private static func stored(_ reason: String) -> String {
        reason.prefix(scalars: 500).replacing("\0", with: "")
    }

    private func metadata(_ run: ProvisioningRun, _ more: Logger.Metadata) -> Logger.Metadata {
        let common: Logger.Metadata = [
            "run": "\(run.id)", "tenantId": "\(run.tenantId)", "context": "\(run.context)", "tier": "\(run.tier)",
        ]
        return common.merging(more) { $1 }
    }
}
