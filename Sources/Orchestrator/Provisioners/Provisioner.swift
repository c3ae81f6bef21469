/// Knows the steps that make, remove or move what a tenant needs.
package protocol Provisioner: Sendable {
    /// The steps of a workflow. The same kind has the same steps at every call, so that a run can be resumed by another process.
    /// - Throws: a permanent failure when this provisioner cannot do such work, with what the operator has to configure.
    func plan(_ kind: WorkflowKind) throws(ProvisioningFailure) -> WorkflowPlan
}

extension ProvisioningFailure {
    /// This provisioner has no plan for such work.
    static func unsupported(_ kind: WorkflowKind, by provisioner: String) -> ProvisioningFailure {
        .permanent("provisioner \(provisioner) cannot \(kind.rawValue) a tenant")
    }
}
