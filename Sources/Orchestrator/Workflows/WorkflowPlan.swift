/// The steps of a workflow, in the order in which they are performed.
package struct WorkflowPlan: Sendable {
    package let kind: WorkflowKind
    /// At least one.
    package let steps: [any ProvisioningStep]

    /// Most steps of a plan.
    package static let maximumSteps = 50

    /// Checks the names of the steps and what they need.
    /// - Throws: a permanent failure that names the step.
    package init(_ kind: WorkflowKind, _ steps: [any ProvisioningStep]) throws(ProvisioningFailure) {
        guard (1...Self.maximumSteps).contains(steps.count) else {
            throw .permanent("a plan must have 1 to \(Self.maximumSteps) steps")
        }
        var names: Set<String> = []
        for step in steps {
            guard Self.isValid(name: step.name) else {
                throw .permanent("the name of step \(step.name) must be 1 to 60 characters a-z, 0-9 and -")
            }
            if let missing = step.needs.first(where: { !names.contains($0) }) {
                throw .permanent("step \(step.name) needs step \(missing), which is not before it")
            }
            guard names.insert(step.name).inserted else {
                throw .permanent("there are two steps with the name \(step.name)")
            }
        }
        self.kind = kind
        self.steps = steps
    }

    /// The step with a name; nil when the plan has none.
    package func step(_ name: String) -> (any ProvisioningStep)? { steps.first { $0.name == name } }

    /// Whether no later step needs the output of this one.
    package func isSkippable(_ name: String) -> Bool { !steps.contains { $0.needs.contains(name) } }

    private static func isValid(name: String) -> Bool {
        (1...60).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
            }
    }
}
