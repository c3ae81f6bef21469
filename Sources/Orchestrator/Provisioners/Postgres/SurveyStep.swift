import JSONCoding
import PostgresClient

/// Looks which of a tenant's objects exist before any is made, so that a workflow which is given up removes exactly what it has
/// made: a tenant that is provisioned again keeps its data.
struct SurveyStep: DataServerStep {
    static let name = "survey"

    var name: String { Self.name }

    func perform(
        _ context: StepContext, on tenancy: PostgresTenancy
    ) async throws(ProvisioningFailure) -> StepOutput {
        let name = try SQLName(tenantKey: context.event.tenantKey)
        do {
            guard let row = try await tenancy.pool.query(Self.look, [.text(name.text)]).first else {
                return StepOutput()
            }
            let found = Survey(
                hasRole: try row.bool(0), hasSchema: try row.bool(1), hasDatabase: try row.bool(2))
            return StepOutput(values: found.json)
        } catch {
            throw .from(error)
        }
    }

    private static let look: PostgresStatement = """
        SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1),
            EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1),
            EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = $1)
        """
}

/// What ``SurveyStep`` has found.
struct Survey: Sendable, Hashable {
    let hasRole: Bool
    /// In the shared application database.
    let hasSchema: Bool
    let hasDatabase: Bool

    init(hasRole: Bool, hasSchema: Bool, hasDatabase: Bool) {
        self.hasRole = hasRole
        self.hasSchema = hasSchema
        self.hasDatabase = hasDatabase
    }

    /// What the survey of a workflow has found; nil when it was not finished, so that nothing was made.
    init?(_ context: StepContext) {
        guard let output = context.outputIfPresent(of: SurveyStep.name) else { return nil }
        // What is not known to be absent is left alone.
        self.init(
            hasRole: output["role"]?.boolValue ?? true, hasSchema: output["schema"]?.boolValue ?? true,
            hasDatabase: output["database"]?.boolValue ?? true)
    }

    var json: JSONObject {
        ["role": .bool(hasRole), "schema": .bool(hasSchema), "database": .bool(hasDatabase)]
    }
}
