import Logging

/// For silo tiers: a database `tenant_<key>` that nobody but the login role of the same name can enter, with a schema
/// of that name too, so that a tenant can move from the shared database without a change in its application.
///
/// CREATE DATABASE cannot run in a transaction. So each step can be repeated, and the role, which marks the name as
/// this tenant's, comes first and goes last.
struct PostgresDatabaseProvisioner: Provisioner {
    /// Name in the tiers file, and the type of the resource.
    static let name = "postgres-database"

    let tenancy: PostgresTenancy
    let logger: Logger

    func plan(_ kind: WorkflowKind) throws(ProvisioningFailure) -> WorkflowPlan {
        switch kind {
        case .provision:
            try WorkflowPlan(
                kind,
                [
                    SurveyStep(tenancy: tenancy), CreateRoleStep(tenancy: tenancy),
                    CreateDatabaseStep(tenancy: tenancy), FillDatabaseStep(tenancy: tenancy, logger: logger),
                ])
        case .deprovision:
            try WorkflowPlan(
                kind,
                [
                    CloseAccessStep(tenancy: tenancy), DropDatabaseStep(tenancy: tenancy),
                    DropRoleStep(tenancy: tenancy), ForgetCredentialStep(tenancy: tenancy),
                ])
        case .move: throw .unsupported(kind, by: Self.name)
        }
    }
}
