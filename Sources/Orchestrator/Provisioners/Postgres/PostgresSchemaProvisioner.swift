/// For pooled tiers: a schema `tenant_<key>` in the shared application database, and a login role of the same name that
/// can see only it.
struct PostgresSchemaProvisioner: Provisioner {
    /// Name in the tiers file, and the type of the resource.
    static let name = "postgres-schema"

    let tenancy: PostgresTenancy

    func plan(_ kind: WorkflowKind) throws(ProvisioningFailure) -> WorkflowPlan {
        switch kind {
        case .provision: try WorkflowPlan(kind, [SurveyStep(tenancy: tenancy), CreateSchemaStep(tenancy: tenancy)])
        case .deprovision:
            try WorkflowPlan(
                kind,
                [
                    CloseAccessStep(tenancy: tenancy), DropSchemaStep(tenancy: tenancy),
                    ForgetCredentialStep(tenancy: tenancy),
                ])
        case .move: throw .unsupported(kind, by: Self.name)
        }
    }
}
