import JSONCoding

/// Compares the copy with the data, table by table, while nobody can change either.
struct VerifyStep: ProvisioningStep {
    static let name = "verify"

    let tools: MoveTools

    var name: String { Self.name }
    let needs = [ReserveTargetStep.name]
    var timeout: Duration { tools.settings.window }

    func perform(_ context: StepContext) async throws(ProvisioningFailure) -> StepOutput {
        let sites = try MoveSites(context)
        let remaining = try tools.remainingWindow(context)
        // Of a tenant that is pooled at one end, only the schema was copied.
        let isWhole = sites.source.kind == .silo && sites.target.kind == .silo
        let source = try await fingerprint(sites.source, isWhole, remaining)
        let target = try await fingerprint(sites.target, isWhole, remaining)
        if let difference = source.difference(from: target) {
            throw .permanent("the copy is not the same: \(difference)")
        }
        return StepOutput(values: ["tables": .integer(source.tables), "rows": .integer(source.rows)])
    }

    private func fingerprint(
        _ placement: TenantPlacement, _ isWhole: Bool, _ timeLimit: Duration
    ) async throws(ProvisioningFailure) -> DataFingerprint {
        try await tools.on(placement) { (site) async throws(ProvisioningFailure) -> DataFingerprint in
            do {
                return try await site.inDatabase(timeLimit: timeLimit) { pool in
                    try await DataFingerprint.read(from: pool, schema: isWhole ? nil : site.name.text)
                }
            } catch {
                throw .from(error)
            }
        }
    }
}
