package import JSONCoding

/// What a step knows when it is performed or compensated.
package struct StepContext: Sendable {
    /// What was asked for, with the secret of the callback in clear.
    package let event: ProvisioningEvent
    /// What the tenant had before this workflow, as reported by the last one that succeeded. Empty for a new tenant.
    package let existing: [TenantResource]
    /// Outputs of the steps that were performed, by name. When a step is compensated its own is among them, if it was
    /// recorded.
    private let outputs: [String: JSONObject]

    /// Makes a context.
    package init(event: ProvisioningEvent, existing: [TenantResource] = [], outputs: [String: JSONObject] = [:]) {
        self.event = event
        self.existing = existing
        self.outputs = outputs
    }

    /// The output of a step that has been performed; nil when it was not, or was skipped.
    package func outputIfPresent(of step: String) -> JSONObject? { outputs[step] }

    /// The output of an earlier step that is among `needs`.
    /// - Throws: a permanent failure if that step has left no output.
    package func output(of step: String) throws(ProvisioningFailure) -> JSONObject {
        guard let output = outputs[step] else { throw .permanent("the output of step \(step) is missing") }
        return output
    }
}

/// What a step leaves behind.
package struct StepOutput: Sendable {
    /// For later steps and for the compensation; encrypted where it is stored, so it may contain secrets. At most 256 KiB.
    package var values: JSONObject
    /// What is reported to tenant management, after the resources of earlier steps: references to secrets, never secrets. For a
    /// workflow that removes: what was removed.
    package var resources: [TenantResource]
    /// Where the tenant's application is; nil for what an earlier step said, or the configured form.
    package var appPlaneURL: String?
    /// Whether somebody else continues the work and calls tenant management back: the workflow ends with this step.
    package var isDelegated: Bool

    /// Makes an output; what is left out is empty.
    package init(
        values: JSONObject = [:], resources: [TenantResource] = [], appPlaneURL: String? = nil,
        isDelegated: Bool = false
    ) {
        self.values = values
        self.resources = resources
        self.appPlaneURL = appPlaneURL
        self.isDelegated = isDelegated
    }
}
