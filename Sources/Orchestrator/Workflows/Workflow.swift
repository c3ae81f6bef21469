import Primitives

/// How far a workflow is. The raw values are stored; `provisioned` is from the time when there was only one kind.
package enum WorkflowPhase: String, Sendable, Hashable, CaseIterable {
    /// Steps are being performed.
    case performing = "pending"
    /// Given up: what was done is being undone.
    case compensating
    /// Something could not be undone: an operator has to look.
    case stuck
    /// Everything is done.
    case succeeded = "provisioned"
    /// A pipeline continues the work and calls back itself.
    case delegated
    /// Given up; what was done is undone, or an operator has decided that it stays.
    case failed

    /// Whether nothing is left to do.
    var isOver: Bool { self == .succeeded || self == .delegated || self == .failed }
}

/// A workflow as a value: which steps there are, how far each is, and what is next. It knows no clock, no database and no work;
/// whoever performs it records the value after each change, and goes on from what was recorded.
///
/// The order of changes makes it safe to lose the process between any two records: a step is recorded as started before anything of
/// it is done, so what is not recorded as started need not be undone, and what is recorded as started is performed or undone again.
struct Workflow: Sendable, Hashable {
    private(set) var phase: WorkflowPhase
    private(set) var steps: [WorkflowStep]
    /// Why it was given up; nil if it was not.
    private(set) var reason: String?

    /// What is to be done next. Steps are named by their position.
    enum Action: Sendable, Hashable {
        case perform(Int)
        case compensate(Int)
        /// Nothing, or nothing without an operator.
        case none
    }

    /// A workflow as it was recorded.
    init(phase: WorkflowPhase, steps: [WorkflowStep], reason: String?) {
        self.phase = phase
        self.steps = steps
        self.reason = reason
    }

    /// A workflow for which nothing is to be done.
    static let done = Workflow(phase: .succeeded, steps: [], reason: nil)

    /// A workflow of which nothing is done.
    init(_ plan: WorkflowPlan) {
        self.init(phase: .performing, steps: Self.steps(of: plan), reason: nil)
    }

    var next: Action {
        switch phase {
        case .performing: forward.map { .perform($0) } ?? .none
        case .compensating: backward.map { .compensate($0) } ?? .none
        case .stuck, .succeeded, .delegated, .failed: .none
        }
    }

    /// The step that is performed or compensated, or waits for that.
    var current: Int? {
        switch phase {
        case .performing: forward
        case .compensating, .stuck: backward
        case .succeeded, .delegated, .failed: nil
        }
    }

    /// The first step that is not done.
    private var forward: Int? { steps.firstIndex { $0.state != .succeeded && $0.state != .skipped } }
    /// The last step that is not undone.
    private var backward: Int? { steps.lastIndex { $0.isCompensable } }

    // MARK: Performing

    /// A step is about to be performed.
    mutating func begin(_ step: Int, at now: Timestamp) {
        steps[step].state = .started
        steps[step].startedOn = steps[step].startedOn ?? now
    }

    /// A step was performed.
    mutating func succeed(_ step: Int, isDelegated: Bool = false, at now: Timestamp) {
        steps[step].state = .succeeded
        steps[step].attempts += 1
        steps[step].lastError = nil
        steps[step].endedOn = now
        if isDelegated {
            phase = .delegated
        } else if forward == nil {
            phase = .succeeded
        }
    }

    /// An attempt at a step failed, and another one follows.
    mutating func retry(_ step: Int, because reason: String) {
        steps[step].state = .waiting
        steps[step].attempts += 1
        steps[step].lastError = reason
    }

    /// A step found something away that it depends on, which does not count as an attempt.
    mutating func postpone(_ step: Int, because reason: String) {
        steps[step].state = .waiting
        steps[step].lastError = reason
    }

    /// No attempt at a step follows: the workflow is given up.
    mutating func fail(_ step: Int, because reason: String, at now: Timestamp) {
        steps[step].attempts += 1
        steps[step].lastError = reason
        steps[step].state = .failed
        steps[step].endedOn = now
        giveUp(because: reason)
    }

    /// The workflow is given up: what was done is undone.
    mutating func giveUp(because reason: String) {
        self.reason = reason
        phase = .compensating
        endIfUndone()
    }

    /// Everything was done, but cannot be accepted: it is undone.
    mutating func reject(because reason: String) {
        guard phase == .succeeded else { return }
        giveUp(because: reason)
    }

    // MARK: Compensating

    /// A step is about to be undone.
    mutating func beginCompensation(_ step: Int) { steps[step].state = .compensating }

    /// A step was undone.
    mutating func compensated(_ step: Int, at now: Timestamp) {
        steps[step].state = .compensated
        steps[step].compensationAttempts += 1
        steps[step].compensatedOn = now
        endIfUndone()
    }

    /// A step could not be undone.
    /// - Parameters:
    ///   - isCounted: False when something was away.
    ///   - isFinal: Whether no attempt follows until an operator says so.
    mutating func failCompensation(_ step: Int, because reason: String, isCounted: Bool, isFinal: Bool) {
        steps[step].state = .compensationWaiting
        steps[step].compensationAttempts += isCounted ? 1 : 0
        steps[step].lastError = reason
        if isFinal { phase = .stuck }
    }

    private mutating func endIfUndone() {
        if phase == .compensating, backward == nil { phase = .failed }
    }
}

extension Workflow {
    private static func steps(of plan: WorkflowPlan) -> [WorkflowStep] {
        plan.steps.map { WorkflowStep(name: $0.name, isSkippable: plan.isSkippable($0.name)) }
    }

    /// Adopts a plan that may have changed since the workflow was recorded, as by a new release: steps of which nothing was done are
    /// replaced by those of the plan.
    /// - Returns: False when the plan lacks a step of which something was done, so that the workflow can be neither finished nor
    ///   undone with it.
    mutating func adopt(_ plan: WorkflowPlan) -> Bool {
        let begun = steps.prefix { $0.state != .pending || $0.startedOn != nil }
        if phase != .performing { return begun.filter(\.isCompensable).allSatisfy { plan.step($0.name) != nil } }
        let planned = Self.steps(of: plan)
        guard begun.count <= planned.count, zip(begun, planned).allSatisfy({ $0.name == $1.name }) else { return false }
        steps = Array(begun) + planned.dropFirst(begun.count)
        if forward == nil { phase = .succeeded }
        return true
    }
}

/// What an operator can do about a workflow.
package enum WorkflowCommand: String, Sendable, Hashable, CaseIterable {
    /// Try again now, and count attempts anew.
    case resume
    /// Pass over the step, or leave what it has made.
    case skip
    /// Give up, or leave everything that is not undone.
    case abort
}

extension Workflow {
    /// What an operator can do now.
    var possibleCommands: [WorkflowCommand] {
        guard let current else { return [] }
        switch phase {
        case .performing:
            return (steps[current].state == .waiting ? [.resume] : []) + (steps[current].isSkippable ? [.skip] : [])
                + [.abort]
        case .compensating: return (steps[current].state == .compensationWaiting ? [.resume] : []) + [.skip, .abort]
        case .stuck: return [.resume, .skip, .abort]
        case .succeeded, .delegated, .failed: return []
        }
    }

    /// Does what an operator has decided.
    /// - Returns: False when it is not possible now, and then nothing has changed.
    mutating func apply(_ command: WorkflowCommand, because reason: String, at now: Timestamp) -> Bool {
        guard possibleCommands.contains(command), let current else { return false }
        switch (phase, command) {
        case (.performing, .resume): steps[current].attempts = 0
        case (.performing, .skip):
            steps[current].state = .skipped
            steps[current].endedOn = now
            if forward == nil { phase = .succeeded }
        case (.performing, .abort): giveUp(because: "aborted by an operator: \(reason)")
        case (_, .resume):
            steps[current].compensationAttempts = 0
            phase = .compensating
        case (_, .skip):
            steps[current].state = .kept
            phase = .compensating
            endIfUndone()
        case (_, .abort):
            for step in steps.indices where steps[step].isCompensable { steps[step].state = .kept }
            phase = .failed
        }
        return true
    }
}
