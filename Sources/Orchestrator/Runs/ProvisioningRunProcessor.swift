import JSONCoding
import Logging
import MessageBus
import PostgresClient
import Primitives
import ServiceKit
import WorkQueue

/// Takes a claimed run as far as it goes: performs its steps one after the other, records each, undoes them if it has to be given
/// up, and calls back.
///
/// Whatever is interrupted between two records is done again by whoever claims the run next; steps and callbacks tolerate that.
struct ProvisioningRunProcessor: Sendable {
    let repository: ProvisioningRunRepository
    let tiers: TierTable
    var callbacks: CallbackSender
    let appPlaneURL: AppPlaneURL
    let policy: RunPolicy
    let clock: any WallClock
    let logger: Logger
    var metrics = WorkflowMetrics()

    /// Works on the run until it is over, has to wait, or the task is canceled.
    /// - Returns: What ends the claim, to be recorded.
    func advance(_ run: ProvisioningRun) async -> RunTransition {
        let details: RunDetails
        do {
            details = try await repository.details(of: run)
        } catch is UnreadableOutput {
            return unreadable(run, "the outputs of its steps")
        } catch {
            logger.warning(
                "a run cannot be read, trying again",
                metadata: metadata(run, ["error": "\(FailureReason.describing(error))"]))
            return .released(after: .seconds(1))
        }
        guard let event = repository.event(of: run) else { return unreadable(run, "the event") }
        var work = prepare(run, event, details)
        while true {
            if let end = await workOff(&work) { return end }
            if work.isChanged, await !record(&work) { return .released(after: .zero) }
            guard work.run.callbackState == .pending else {
                return end(&work, work.run.workflow.phase == .stuck ? .parked : .over)
            }
            if let end = await callBack(&work) { return end }
        }
    }

    /// Performs or undoes steps until none is left.
    /// - Returns: What ends the claim; nil when the outcome is to be reported.
    private func workOff(_ work: inout RunWork) async -> RunTransition? {
        while true {
            if Task.isCancelled { return .released(after: .zero) }
            if work.run.hasCommands, let end = await applyCommands(&work) { return end }
            let end: RunTransition?
            switch work.run.workflow.next {
            case .none:
                if work.run.workflow.phase == .succeeded, work.run.callbackState == .none { finish(&work) }
                // It may have to be undone.
                if work.run.workflow.next == .none { return nil }
                end = nil
            case .perform(let step): end = await perform(step, &work)
            case .compensate(let step): end = await compensate(step, &work)
            }
            if let end { return end }
        }
    }

    private func unreadable(_ run: ProvisioningRun, _ what: String) -> RunTransition {
        let reason = "\(what) cannot be opened; DATA_ENCRYPTION_KEY has changed"
        logger.error("a run is given up without callback", metadata: metadata(run, ["reason": "\(reason)"]))
        return .unreadable(reason: reason)
    }

    // MARK: Before the first step

    /// Finds the plan of the run, and adopts it.
    private func prepare(_ run: ProvisioningRun, _ event: ProvisioningEvent, _ details: RunDetails) -> RunWork {
        var run = run
        run.workflow = Workflow(phase: run.workflow.phase, steps: details.steps, reason: run.workflow.reason)
        if run.kind == .provision {
            run.planSize = event.plan.size
        } else if let existing = details.existing {
            // What was made by a tier is removed by the same.
            run.tier = existing.tier
            run.planSize = existing.planSize
        }
        let entry = tiers[run.tier, size: run.planSize]
        var work = RunWork(
            run: run, event: event, details: details, plan: plan(for: run, entry), provisioner: entry?.name)
        guard !run.workflow.phase.isOver else { return work }
        switch work.plan {
        case .success(let plan):
            if !work.run.workflow.adopt(plan) {
                work.plan = .failure(.unavailable("the plan of tier \(run.tier) lacks steps that were begun"))
            }
        case .failure where run.kind == .deprovision && details.existing == nil && details.steps.isEmpty:
            // Nothing was ever made for this tenant.
            work.run.workflow = .done
        case .failure(let failure):
            guard !run.workflow.steps.contains(where: { $0.startedOn != nil }) else { break }
            logger.error("a run has no plan", metadata: metadata(run, ["reason": "\(failure)"]))
            let reason = FailureReason.stored(failure.reason)
            work.run.workflow.giveUp(because: reason)
            work.lastError = reason
        }
        if work.run.workflow != run.workflow { work.change(Array(work.run.workflow.steps.indices)) }
        return work
    }

    private func plan(
        for run: ProvisioningRun, _ entry: TierTable.Entry?
    ) -> Result<WorkflowPlan, ProvisioningFailure> {
        guard let entry else {
            // It may come back with the next configuration.
            return .failure(
                .unavailable(
                    run.tier.isEmpty ? "the event names no tier" : "no provisioner is configured for this tier"))
        }
        do { return .success(try entry.provisioner.plan(run.kind)) } catch { return .failure(error) }
    }

    // MARK: Commands

    /// Applies what operators have decided. The decisions and their effect are recorded together, so that each has an effect once.
    private func applyCommands(_ work: inout RunWork) async -> RunTransition? {
        let commands: [PendingCommand]
        do { commands = try await repository.pendingCommands(of: work.run) } catch {
            return .released(after: .seconds(1))
        }
        let now = clock.now()
        var decisions: [RunSave.Decision] = []
        for command in commands {
            let possible = work.run.workflow.possibleCommands
            let isApplied = work.run.workflow.apply(
                command.command, because: FailureReason.stored(command.reason), at: now)
            let names = possible.map(\.rawValue).joined(separator: ", ")
            let detail = isApplied ? nil : "not possible in this state; possible: \(names.isEmpty ? "nothing" : names)"
            decisions.append(RunSave.Decision(command: command.id, isApplied: isApplied, detail: detail))
            work.decisions.append(
                WorkflowSnapshot.Decision(
                    command: command.id, isApplied: isApplied, detail: detail, decidedOn: now))
            logger.notice(
                isApplied ? "an operator intervenes" : "what an operator wants is not possible",
                metadata: metadata(work.run, ["command": "\(command.command.rawValue)"]))
        }
        if !decisions.isEmpty { work.run.outage = .zero }
        if work.run.workflow.phase == .succeeded { finish(&work) }
        work.change(Array(work.run.workflow.steps.indices))
        work.run.hasCommands = false
        return await record(&work, decisions: decisions) ? nil : .released(after: .zero)
    }

    /// Waits until an operator decides something that cannot wait for the end of a step.
    /// - Returns: False when the task was canceled.
    func watchForCommands(_ run: ProvisioningRun) async -> Bool {
        while true {
            do { try await Task.sleep(for: policy.commandInterval) } catch { return false }
            let commands = (try? await repository.pendingCommands(of: run)) ?? []
            if commands.contains(where: { $0.command != .resume }) { return true }
        }
    }

    // MARK: Records

    /// Records the run under the same claim, also in a canceled task, and as often as it takes while the database is away.
    /// - Returns: False when it could not be recorded or the run belongs to another process by now.
    func record(
        _ work: inout RunWork, decisions: [RunSave.Decision] = [], refusedStatus: Int? = nil
    ) async -> Bool {
        let save = sealing(work.save(.kept, decisions: decisions, refusedStatus: refusedStatus), work)
        let repository = self.repository
        let outage = OutageLog("the step of a run cannot be recorded, trying again", logger: logger)
        switch await recording(outage: outage, { try await repository.save(save) }) {
        case .success(.some(let recorded)):
            work.run.version = recorded.version
            work.run.hasCommands = recorded.hasCommands
            return true
        case .success(.none):
            logger.warning("the run was worked on beyond its lease", metadata: metadata(work.run, [:]))
            return false
        case .failure(let error):
            logger.error(
                "the run stays claimed until its lease ends",
                metadata: metadata(work.run, ["error": "\(FailureReason.describing(error))"]))
            return false
        }
    }

    /// Records the run, and ends the claim.
    func end(
        _ work: inout RunWork, _ disposition: RunSave.Disposition, isAway: Bool = false
    ) -> RunTransition {
        .saved(sealing(work.save(disposition, isAway: isAway), work))
    }

    private func sealing(_ save: RunSave, _ work: RunWork) -> RunSave {
        var save = save
        save.secret = try? repository.sealedSecret(work.event.secret, of: work.run.id)
        return save
    }

    func metadata(_ run: ProvisioningRun, _ more: Logger.Metadata) -> Logger.Metadata {
        let common: Logger.Metadata = [
            "run": "\(run.id)", "kind": "\(run.kind.rawValue)", "tenantId": "\(run.tenantID)",
            "context": "\(run.context)", "tier": "\(run.tier)",
        ]
        return common.merging(more) { $1 }
    }
}
