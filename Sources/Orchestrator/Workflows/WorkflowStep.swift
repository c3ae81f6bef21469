import Primitives

/// How far a step of a workflow is. The raw values are stored and sent.
package enum StepState: String, Sendable, Hashable, CaseIterable {
    /// Nothing was done.
    case pending
    /// At work, or interrupted: it is performed again.
    case started
    /// An attempt failed, or something is away: it is performed again later.
    case waiting
    /// Done.
    case succeeded
    /// Given up; something of it may have been done.
    case failed
    /// Passed over by an operator; something of it may have been done.
    case skipped
    /// Its work is being undone, or that was interrupted.
    case compensating
    /// Its work could not be undone yet: that is tried again later, or waits for an operator.
    case compensationWaiting = "compensation_waiting"
    /// Its work was undone.
    case compensated
    /// An operator has decided that its work stays as it is.
    case kept
}

/// A step of a workflow as it is recorded, without input and output.
struct WorkflowStep: Sendable, Hashable {
    let name: String
    /// Whether no later step needs its output.
    let isSkippable: Bool
    var state: StepState = .pending
    /// Attempts that ended, well or not, since the workflow began or an operator has resumed it. Those that a crash cut short, and
    /// those that found a dependency away, do not count.
    var attempts = 0
    /// The same for its compensation.
    var compensationAttempts = 0
    /// Of the last attempt that did not succeed.
    var lastError: String?
    /// When it was first performed.
    var startedOn: Timestamp?
    /// When it succeeded, was given up, or was passed over.
    var endedOn: Timestamp?
    /// When its work was undone.
    var compensatedOn: Timestamp?

    init(name: String, isSkippable: Bool) {
        self.name = name
        self.isSkippable = isSkippable
    }

    /// Whether something of it may have been done that is not undone.
    var isCompensable: Bool {
        switch state {
        case .pending, .compensated, .kept: false
        case .started, .waiting, .succeeded, .failed, .compensating, .compensationWaiting: true
        case .skipped: startedOn != nil
        }
    }
}
