import JSONCoding
import Logging
import Primitives
import ServiceKit
import TraceRecording
import WorkQueue

/// One step, forwards or backwards. Each function returns what ends the claim, or nil when the workflow goes on.
extension ProvisioningRunProcessor {
    /// Most bytes of a step's output.
    private static let maximumOutput = 256 * 1024

    /// Performs a step.
    func perform(_ step: Int, _ work: inout RunWork) async -> RunTransition? {
        let implementation: any ProvisioningStep
        switch work.implementation(of: step) {
        case .success(let found): implementation = found
        case .failure(let failure): return failed(step, failure, &work)
        }
        let context = work.context
        let needed = Dictionary(
            implementation.needs.compactMap { name in context.outputIfPresent(of: name).map { (name, $0) } }
        ) { $1 }
        work.run.workflow.begin(step, at: clock.now())
        work.change([step], input: try? repository.sealedInput(needed, of: work.run, at: step))
        guard await record(&work) else { return .released(after: .zero) }
        // A decision that came before the step began.
        if work.run.hasCommands { return nil }
        let run = work.run
        let end = await metrics.measuring(run, step: run.workflow.steps[step].name) {
            await StepAttempt.run(
                timeout: implementation.timeout, watch: { await watchForCommands(run) },
                { () async -> Result<StepOutput, ProvisioningFailure> in
                    await Self.traced("step \(implementation.name)", run) {
                        do throws(ProvisioningFailure) {
                            return .success(try await implementation.perform(context))
                        } catch {
                            return .failure(error)
                        }
                    }
                })
        }
        switch end {
        case .interrupted: return interrupted(&work)
        case .failed(let failure): return failed(step, failure, &work)
        case .succeeded(let output): return succeeded(step, output, &work)
        }
    }

    /// Undoes a step.
    func compensate(_ step: Int, _ work: inout RunWork) async -> RunTransition? {
        let implementation: any ProvisioningStep
        switch work.implementation(of: step) {
        case .success(let found): implementation = found
        case .failure(let failure): return compensationFailed(step, failure, &work)
        }
        work.run.workflow.beginCompensation(step)
        work.change([step])
        guard await record(&work) else { return .released(after: .zero) }
        if work.run.hasCommands { return nil }
        let (run, context) = (work.run, work.context)
        let end = await StepAttempt.run(
            timeout: implementation.timeout, watch: { await watchForCommands(run) },
            { () async -> Result<Bool, ProvisioningFailure> in
                await Self.traced("undo step \(implementation.name)", run) {
                    do throws(ProvisioningFailure) {
                        try await implementation.compensate(context)
                        return .success(true)
                    } catch {
                        return .failure(error)
                    }
                }
            })
        switch end {
        case .interrupted: return interrupted(&work)
        case .failed(let failure): return compensationFailed(step, failure, &work)
        case .succeeded:
            work.run.outage = .zero
            work.run.workflow.compensated(step, at: clock.now())
            work.change([step])
            return nil
        }
    }

    /// Does a step within a span.
    private static func traced<Value: Sendable>(
        _ name: String, _ run: ProvisioningRun, _ body: () async -> Result<Value, ProvisioningFailure>
    ) async -> Result<Value, ProvisioningFailure> {
        let attributes = [
            Attribute("arc.tenant.id", .string(run.tenantID.description)), Attribute("arc.tier", .string(run.tier)),
            Attribute("arc.run.id", .string(run.id.description)),
        ]
        guard let span = CurrentSpan.child(name, attributes: attributes) else { return await body() }
        let result = await CurrentSpan.run(span) { await body() }
        if case .failure(let failure) = result { span.fail("\(failure.kind)", message: failure.reason) }
        span.finish()
        return result
    }

    /// What was interrupted has not failed: the next process does it again, or the decision of an operator is applied.
    private func interrupted(_ work: inout RunWork) -> RunTransition? {
        if Task.isCancelled { return .released(after: .zero) }
        work.run.hasCommands = true
        return nil
    }

    private func succeeded(_ step: Int, _ output: StepOutput, _ work: inout RunWork) -> RunTransition? {
        let sealed = try? repository.sealed(output, of: work.run, at: step)
        guard let sealed, output.json.serialized().count <= Self.maximumOutput + ProvisioningReportLimits.maximumBytes,
            JSONValue.object(output.values).serialized().count <= Self.maximumOutput
        else {
            return failed(
                step, .permanent("the output of step \(work.run.workflow.steps[step].name) is too large"), &work)
        }
        work.run.attempts += 1
        work.run.outage = .zero
        work.run.workflow.succeed(step, isDelegated: output.isDelegated, at: clock.now())
        work.outputs[work.run.workflow.steps[step].name] = output
        work.change([step], output: sealed)
        guard work.run.workflow.phase == .delegated else { return nil }
        logger.info(
            "a pipeline has accepted the work",
            metadata: metadata(work.run, ["provisioner": "\(work.provisioner ?? "")"]))
        return end(&work, .over)
    }

    /// Puts together what the steps have left, or rejects what cannot be reported: another attempt would only report the same.
    func finish(_ work: inout RunWork) {
        let outputs = work.run.workflow.steps.compactMap { work.outputs[$0.name] }
        let resources = outputs.flatMap(\.resources)
        let url = outputs.compactMap(\.appPlaneURL).last ?? appPlaneURL.url(for: work.event)
        if let problem = ProvisioningReportLimits.problem(resources: resources, appPlaneURL: url) {
            let reason = FailureReason.stored("what was made cannot be reported: \(problem)")
            logger.error("provisioning failed", metadata: metadata(work.run, ["reason": "\(reason)"]))
            work.run.workflow.reject(because: reason)
            work.lastError = reason
            return
        }
        work.run.resources = resources
        work.run.appPlaneURL = url
        logger.info(
            work.run.kind == .provision ? "provisioned" : "\(work.run.kind.rawValue) finished",
            metadata: metadata(
                work.run, ["provisioner": "\(work.provisioner ?? "")", "resources": "\(resources.count)"]))
    }

    private func failed(_ step: Int, _ failure: ProvisioningFailure, _ work: inout RunWork) -> RunTransition? {
        let reason = FailureReason.stored(failure.reason)
        work.lastError = reason
        let name = work.run.workflow.steps[step].name
        if failure.kind == .unavailable, work.run.outage < policy.outageLimit {
            work.run.workflow.postpone(step, because: reason)
            work.change([step])
            logger.warning(
                "provisioning waits for something that is away",
                metadata: metadata(work.run, ["step": "\(name)", "reason": "\(reason)"]))
            let delay = policy.outageDelay(after: work.run.outage)
            return end(&work, .released(after: delay), isAway: true)
        }
        work.run.attempts += 1
        let attempt = work.run.workflow.steps[step].attempts + 1
        let isOver = failure.kind != .transient || attempt >= policy.maximumAttempts
        logger.error(
            isOver ? "provisioning failed" : "provisioning failed, trying again",
            metadata: metadata(work.run, ["step": "\(name)", "attempt": "\(attempt)", "reason": "\(reason)"]))
        work.run.outage = .zero
        guard isOver else {
            work.run.workflow.retry(step, because: reason)
            work.change([step])
            let delay = policy.provisioning.delay(afterFailures: attempt)
            return end(&work, .released(after: delay))
        }
        work.run.workflow.fail(step, because: reason, at: clock.now())
        work.change([step])
        return nil
    }

    private func compensationFailed(
        _ step: Int, _ failure: ProvisioningFailure, _ work: inout RunWork
    ) -> RunTransition? {
        let reason = FailureReason.stored(failure.reason)
        work.lastError = reason
        let name = work.run.workflow.steps[step].name
        if failure.kind == .unavailable, work.run.outage < policy.outageLimit {
            work.run.workflow.failCompensation(step, because: reason, isCounted: false, isFinal: false)
            work.change([step])
            logger.warning(
                "what was done cannot be undone yet, because something is away",
                metadata: metadata(work.run, ["step": "\(name)", "reason": "\(reason)"]))
            let delay = policy.outageDelay(after: work.run.outage)
            return end(&work, .released(after: delay), isAway: true)
        }
        let attempt = work.run.workflow.steps[step].compensationAttempts + 1
        let isOver = failure.kind != .transient || attempt >= policy.maximumAttempts
        logger.error(
            isOver ? "a run is stuck: what was done cannot be undone" : "undoing a step failed, trying again",
            metadata: metadata(work.run, ["step": "\(name)", "attempt": "\(attempt)", "reason": "\(reason)"]))
        work.run.outage = .zero
        work.run.workflow.failCompensation(step, because: reason, isCounted: true, isFinal: isOver)
        work.change([step])
        guard !isOver else { return nil }
        return end(&work, .released(after: policy.provisioning.delay(afterFailures: attempt)))
    }
}
