/// One step of a workflow: the smallest piece of work whose outcome is recorded.
///
/// **Contract.** A step is performed at least once: a process may be killed at any moment, and whatever was not recorded as
/// finished is performed again, with the same input. So what is there already stays, and the output is the same. The same is
/// true of `compensate`, which may also be called for a step of which nothing was done. No step of a workflow is ever performed
/// by two processes at once, but a process that was killed may have left statements, programs or requests that still run.
///
/// What a later step or the compensation must know exactly (was it there before?) belongs to the output of an *earlier* step
/// that only looks: that output is recorded before anything is made.
package protocol ProvisioningStep: Sendable {
    /// Identifies the step in its plan, is stored, and is shown to operators: 1 to 60 characters `a-z 0-9 -`. A name must
    /// never be given to another kind of work, because runs may be resumed by a newer release.
    var name: String { get }

    /// Names of earlier steps without whose output this one cannot be performed; such a step cannot be skipped.
    var needs: [String] { get }

    /// How long an attempt may take; the task is canceled then, and the attempt has failed.
    var timeout: Duration { get }

    /// Does the work, or finds that it was done. When the task is canceled it ends as soon as it can.
    /// - Throws: ``ProvisioningFailure``, whose kind decides whether there is another attempt.
    func perform(_ context: StepContext) async throws(ProvisioningFailure) -> StepOutput

    /// Undoes what `perform` has made, and nothing that was there before the workflow. Called in reverse order of the steps when
    /// the workflow was given up. A step that fails here is repeated, and at last waits for an operator.
    func compensate(_ context: StepContext) async throws(ProvisioningFailure)
}

/// A step that needs nothing, takes at most five minutes, and leaves nothing to undo.
extension ProvisioningStep {
    package var needs: [String] { [] }
    package var timeout: Duration { .seconds(300) }
    /// Nothing to undo.
    package func compensate(_ context: StepContext) async throws(ProvisioningFailure) {}
}
