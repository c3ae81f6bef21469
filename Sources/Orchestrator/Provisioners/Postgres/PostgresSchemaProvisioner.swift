/// For pooled tiers: a schema `tenant_<key>` in the shared database of a data server, and a login role of the same name that
/// can see only it.
struct PostgresSchemaProvisioner: Provisioner {
    /// Name in the tiers file, and the type of the resource.
    static let name = "postgres-schema"

    let tenancy: PlacedTenancy
    /// What the data server must have.
    var labels: [String: String] = [:]
    /// The steps of a move.
    var movePlan: @Sendable () throws(ProvisioningFailure) -> WorkflowPlan = { () throws(ProvisioningFailure) in
        throw .unsupported(.move, by: PostgresSchemaProvisioner.name)
    }

    func plan(_ kind: WorkflowKind) throws(ProvisioningFailure) -> WorkflowPlan {
        switch kind {
        case .provision:
            try WorkflowPlan(
                kind,
                [
                    PlaceStep(tenancy: tenancy, kind: .pooled, labels: labels),
                    PlacedStep(SurveyStep(), tenancy, needs: [PlaceStep.name]),
                    PlacedStep(
                        CreateSchemaStep().name, tenancy, needs: [SurveyStep.name], pooled: [CreateSchemaStep()],
                        silo: [CreateRoleStep(), CreateDatabaseStep(), FillDatabaseStep()]),
                    ConfirmPlaceStep(tenancy: tenancy),
                ])
        case .deprovision:
            try WorkflowPlan(
                kind,
                [
                    FindPlaceStep(tenancy: tenancy, kind: .pooled), DropCopiesStep(tenancy: tenancy),
                    PlacedStep(CloseAccessStep(), tenancy),
                    PlacedStep(
                        DropSchemaStep().name, tenancy, pooled: [DropSchemaStep()],
                        silo: [DropDatabaseStep(), DropRoleStep()]),
                    PlacedStep(ForgetCredentialStep(), tenancy), ReleasePlaceStep(tenancy: tenancy),
                ])
        case .move: try movePlan()
        }
    }
}
