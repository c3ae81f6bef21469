/// For silo tiers: a database `tenant_<key>` that nobody but the login role of the same name can enter, with a schema
/// of that name too, so that a tenant can move from the shared database without a change in its application.
///
/// CREATE DATABASE cannot run in a transaction. So each step can be repeated, and the role, which marks the name as
/// this tenant's, comes first and goes last.
struct PostgresDatabaseProvisioner: Provisioner {
    /// Name in the tiers file, and the type of the resource.
    static let name = "postgres-database"

    let tenancy: PlacedTenancy
    /// What the data server must have.
    var labels: [String: String] = [:]
    /// The steps of a move.
    var movePlan: @Sendable () throws(ProvisioningFailure) -> WorkflowPlan = { () throws(ProvisioningFailure) in
        throw .unsupported(.move, by: PostgresDatabaseProvisioner.name)
    }

    func plan(_ kind: WorkflowKind) throws(ProvisioningFailure) -> WorkflowPlan {
        switch kind {
        case .provision:
            try WorkflowPlan(
                kind,
                [
                    PlaceStep(tenancy: tenancy, kind: .silo, labels: labels),
                    PlacedStep(SurveyStep(), tenancy, needs: [PlaceStep.name]),
                    PlacedStep(
                        CreateRoleStep().name, tenancy, needs: [SurveyStep.name], pooled: [CreateSchemaStep()],
                        silo: [CreateRoleStep()]),
                    PlacedStep(
                        CreateDatabaseStep().name, tenancy, needs: [SurveyStep.name], pooled: [],
                        silo: [CreateDatabaseStep()]),
                    PlacedStep(FillDatabaseStep().name, tenancy, pooled: [], silo: [FillDatabaseStep()]),
                    ConfirmPlaceStep(tenancy: tenancy),
                ])
        case .deprovision:
            try WorkflowPlan(
                kind,
                [
                    FindPlaceStep(tenancy: tenancy, kind: .silo), DropCopiesStep(tenancy: tenancy),
                    PlacedStep(CloseAccessStep(), tenancy),
                    PlacedStep(
                        DropDatabaseStep().name, tenancy, pooled: [DropSchemaStep()], silo: [DropDatabaseStep()]),
                    PlacedStep(DropRoleStep().name, tenancy, pooled: [], silo: [DropRoleStep()]),
                    PlacedStep(ForgetCredentialStep(), tenancy), ReleasePlaceStep(tenancy: tenancy),
                ])
        case .move: try movePlan()
        }
    }
}
