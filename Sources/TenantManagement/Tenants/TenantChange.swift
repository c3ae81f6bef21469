import PostgresClient

/// A change of a tenant's status that starts work, announced to the guard in the database for the rest of the transaction. Without
/// it, the guard rejects PROVISIONING and DEPROVISIONING: nothing would work on such a tenant.
enum TenantChange: String, Sendable {
    case provisioning
    case offboarding

    /// The statement, before the one that changes the tenant.
    var announcement: BoundStatement { BoundStatement(Self.announcing, [.text(rawValue)]) }

    private static let announcing: PostgresStatement = "SELECT set_config('app.tenant_change', $1, true)"
}
