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
        return StepOutput(values: try await Survey.look(for: name, on: tenancy.pool)?.json ?? [:])
    }
}

/// Which of a tenant's objects exist on a data server, as ``SurveyStep`` has found.
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

    /// Looks on a server, in its shared database.
    static func look(for name: SQLName, on pool: PostgresPool) async throws(ProvisioningFailure) -> Survey? {
        do {
            guard let row = try await pool.query(existing, [.text(name.text)]).first else { return nil }
            return Survey(hasRole: try row.bool(0), hasSchema: try row.bool(1), hasDatabase: try row.bool(2))
        } catch {
            throw .from(error)
        }
    }

    private static let existing: PostgresStatement = """
        SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1),
            EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1),
            EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = $1)
        """
}
