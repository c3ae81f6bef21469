private import Synchronization

/// What a component answers when it is asked whether it serves.
enum Readiness: Sendable, Hashable {
    /// It serves.
    case ready
    /// It answers that it does not serve yet: it waits for another component, or recovers after a crash. However long
    /// that takes, ending it would only make it start over.
    case starting
    /// It does not answer.
    case silent
}

/// One component of the stack: started, watched, started again after a crash, stopped in its time.
final class SupervisedProcess: Sendable {
    /// What a component is.
    struct Definition: Sendable {
        let name: String
        let command: ProcessCommand
        /// Asks whether it serves now.
        let probe: @Sendable () async -> Readiness
        let shutdown: ShutdownPlan
        /// Whether warnings in its log go to the terminal.
        let forwardsAlarms: Bool
        /// How long it may be silent after its start.
        var silenceLimit: Duration = .seconds(60)
        /// How long the first start is repeated when the component ends at once: PostgreSQL refuses to start while
        /// the last remains of a killed one (which the system may take seconds to clear away) hold its data.
        var startPatience: Duration = .zero
        /// Looks for the cause when the component ended unexpectedly, and suggests a fix; nil if it finds none.
        var diagnosis: @Sendable () -> String? = { nil }
    }

    private struct State {
        var child: ChildProcess?
        var isStopping = false
        var supervision: Task<Void, Never>?
    }

    let definition: Definition
    private let log: LogFile
    private let registry: ProcessRegistry
    private let policy: RestartPolicy
    private let waitingInterval: Duration
    private let report: @Sendable (StackEvent) -> Void
    private let state = Mutex(State())

    init(
        _ definition: Definition, log: LogFile, registry: ProcessRegistry, policy: RestartPolicy,
        waitingInterval: Duration, report: @escaping @Sendable (StackEvent) -> Void
    ) {
        self.definition = definition
        self.log = log
        self.registry = registry
        self.policy = policy
        self.waitingInterval = waitingInterval
        self.report = report
    }

    /// The id of the running child.
    var processIdentifier: Int32? { state.withLock { $0.child?.processIdentifier } }

    /// Starts it for the first time and returns when it serves.
    /// - Throws: `.notReady` when it ended or did not answer; the caller stops it then.
    func start() async throws(LocalStackError) {
        let firstAttempt = ContinuousClock.now
        var started = firstAttempt
        var child = try await launch()
        while true {
            do throws(LocalStackError) {
                try await waitUntilReady(child)
                break
            } catch {
                guard case .notReady = error, child.exit != nil,
                    firstAttempt.duration(to: .now) < definition.startPatience
                else { throw error }
                registry.remove(child.processIdentifier)
            }
            do { try await Task.sleep(for: .milliseconds(250)) } catch { throw .stopped }
            started = .now
            child = try await launch()
        }
        let supervision = Task { await supervise(child, since: started) }
        state.withLock { $0.supervision = supervision }
    }

    /// Ends it for good, by its plan. Returns when it is gone.
    /// - Parameter slack: time on top of the plan's.
    func stop(slack: Duration) async {
        let (child, supervision) = state.withLock { state in
            state.isStopping = true
            return (state.child, state.supervision)
        }
        supervision?.cancel()
        if let child {
            await end(child, by: definition.shutdown.extended(by: slack))
            registry.remove(child.processIdentifier)
        }
        await supervision?.value
    }

    /// Kills it now, whatever it is doing.
    func kill() {
        let child = state.withLock { state in
            state.isStopping = true
            return state.child
        }
        child?.send(.kill)
    }

    private func end(_ child: ChildProcess, by plan: ShutdownPlan) async {
        guard child.exit == nil else { return }
        for step in plan.steps where child.exit == nil {
            child.send(step.signal)
            let deadline = ContinuousClock.now.advanced(by: step.share)
            while child.exit == nil, ContinuousClock.now < deadline {
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
        let mustBeKilled = child.exit == nil
        if mustBeKilled { child.send(.kill) }
        _ = await child.waitUntilExit()
        report(.ended(component: definition.name, wasKilled: mustBeKilled))
    }

    private func launch() async throws(LocalStackError) -> ChildProcess {
        log.forgetTail()
        let child = try await ProcessReactor.shared.spawn(definition.command) { [self] _, line in
            log.append(line)
            if definition.forwardsAlarms, LogLevelFilter.isAlarming(line) {
                report(.alarm(component: definition.name, line: String(decoding: line, as: UTF8.self)))
            }
        }
        registry.add(definition.name, child.processIdentifier)
        let isTooLate = state.withLock { state in
            state.child = child
            return state.isStopping
        }
        if isTooLate { child.send(.kill) }
        return child
    }

    private func waitUntilReady(_ child: ChildProcess) async throws(LocalStackError) {
        var lastAnswer = ContinuousClock.now
        var nextReport = lastAnswer.advanced(by: waitingInterval)
        while true {
            let readiness = await definition.probe()
            // Somebody else may have answered the probe in its place.
            if let exit = child.exit { throw notReady("\(exit)", hint: definition.diagnosis()) }
            if readiness == .ready { return }
            let now = ContinuousClock.now
            if readiness == .starting {
                lastAnswer = now
            } else if lastAnswer.duration(to: now) >= definition.silenceLimit {
                throw notReady("did not answer within \(definition.silenceLimit)", hint: nil)
            }
            if readiness == .starting, now >= nextReport {
                report(.waiting(component: definition.name, log: log.path))
                nextReport = now.advanced(by: waitingInterval)
            }
            do { try await Task.sleep(for: .milliseconds(30)) } catch { throw .stopped }
        }
    }

    private func notReady(_ reason: String, hint: String?) -> LocalStackError {
        let tail = log.tail
        return .notReady(
            component: definition.name,
            reason: reason + (tail.isEmpty ? "" : ", with the last words:\n\(tail)\n") + (hint.map { "\($0)\n" } ?? ""),
            log: log.path)
    }

    private func supervise(_ first: ChildProcess, since start: ContinuousClock.Instant) async {
        var policy = policy
        var running: ChildProcess? = first
        var started = start
        while true {
            var reason = "could not be started"
            if let child = running {
                reason = await child.waitUntilExit().description
                registry.remove(child.processIdentifier)
            }
            guard !state.withLock(\.isStopping) else { return }
            let delay = policy.delay(afterRunOf: started.duration(to: .now))
            let detail = [log.tail, definition.diagnosis() ?? ""].filter { !$0.isEmpty }.joined(separator: "\n")
            report(
                .crashed(component: definition.name, exit: reason, restartIn: delay, log: log.path, detail: detail))
            try? await Task.sleep(for: delay)
            guard !state.withLock(\.isStopping) else { return }

            started = .now
            running = try? await launch()
            guard let child = running else { continue }
            do {
                try await waitUntilReady(child)
                report(.recovered(component: definition.name))
            } catch {
                // It ended (the next turn reports that) or does not answer: end it, so that the next turn starts it again.
                if child.exit == nil, !state.withLock(\.isStopping) {
                    await end(child, by: definition.shutdown)
                }
            }
        }
    }
}
