import JSONCoding
import PostgresClient

/// Looks whether the data can be moved, and which of the tenant's objects exist at the target, before anything is changed.
struct SurveyTargetStep: ProvisioningStep {
    static let name = "survey-target"

    let tools: MoveTools

    var name: String { Self.name }
    let needs = [ReserveTargetStep.name]

    func perform(_ context: StepContext) async throws(ProvisioningFailure) -> StepOutput {
        let sites = try MoveSites(context)
        try await tools.on(sites.source) { (site) async throws(ProvisioningFailure) -> Void in
            try await checkSource(site, sites)
        }
        let hasRole = try await tools.on(sites.target) { (site) async throws(ProvisioningFailure) -> Bool in
            try await checkTarget(site)
        }
        return StepOutput(values: ["role": .bool(hasRole)])
    }

    /// Whether the role was there before the move; what is not known to be absent is left alone.
    static func hadRole(_ context: StepContext) -> Bool {
        context.outputIfPresent(of: name)?["role"]?.boolValue ?? true
    }

    /// What a copy of the tenant's schema would leave behind, or what cannot be a part of a shared database, must not exist.
    private func checkSource(_ site: MoveSite, _ sites: MoveSites) async throws(ProvisioningFailure) {
        guard sites.source.kind == .pooled || sites.target.kind == .pooled else { return }
        let found: (schema: String?, largeObjects: Bool)
        do {
            found = try await site.inDatabase { pool in
                let schema = try await pool.query(Self.otherSchemas, [.text(site.name.text)]).first?.text(0)
                let objects = try await pool.query(Self.largeObjects, [.text(site.name.text)]).first?.bool(0)
                return (schema, objects ?? false)
            }
        } catch {
            throw .from(error)
        }
        if let schema = found.schema {
            throw .permanent("the tenant has the schema \(schema) beside its own; only its own can be moved")
        }
        if found.largeObjects { throw .permanent("the tenant has large objects, which belong to no schema") }
    }

    /// Nothing of the tenant may be at the target. Returns whether its role is.
    private func checkTarget(_ site: MoveSite) async throws(ProvisioningFailure) -> Bool {
        guard let found = try await Survey.look(for: site.name, on: site.pool) else { return true }
        let isPooled = site.placement.kind == .pooled
        if isPooled ? found.hasSchema : found.hasDatabase {
            throw .permanent(
                "\(isPooled ? "schema" : "database") \(site.name) exists on \(site.placement.server) already")
        }
        return found.hasRole
    }

    private static let otherSchemas: PostgresStatement = """
        SELECT nspname::text FROM pg_catalog.pg_namespace
        WHERE nspowner = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = $1) AND nspname <> $1
            AND nspname !~ '^pg_'
        LIMIT 1
        """

    private static let largeObjects: PostgresStatement = """
        SELECT EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata
            WHERE lomowner = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = $1))
        """
}
