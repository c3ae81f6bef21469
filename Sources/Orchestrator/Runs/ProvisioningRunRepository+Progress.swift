import PostgresClient
import Primitives
import WorkQueue

/// Progress reports: which runs have changed since the last report to tenant management.
extension ProvisioningRunRepository {
    /// Claims runs whose progress is due, at most as many as given.
    func claimProgress(
        _ claim: Identifier, limit: Int, lease: Duration
    ) async throws(PostgresError) -> [ProgressItem] {
        let result = try await pool.query(
            ProgressStatements.claim, [.int64(Int64(limit)), .identifier(claim), .microseconds(lease)])
        var items: [ProgressItem] = []
        for row in result.rows { items.append(try ProgressItem(row, claim: claim)) }
        return items
    }

    /// Gives back everything under a claim.
    func releaseProgress(claim: Identifier) async throws(PostgresError) {
        _ = try await pool.query(ProgressStatements.release, [.identifier(claim)])
    }

    /// Extends leases.
    /// - Returns: What is still claimed.
    func renewProgress(
        _ items: [ProgressItem], lease: Duration
    ) async throws(PostgresError) -> Set<RowClaim> {
        try RowClaim.all(
            in: await pool.query(
                ProgressStatements.renew, RowClaim.arrays(items.map(\.handle)) + [.microseconds(lease)]))
    }

    /// Records what became of reports, all of them or none.
    /// - Returns: The runs whose claim was still valid.
    func recordProgress(
        _ outcomes: [(item: ProgressItem, outcome: ProgressOutcome)]
    ) async throws(PostgresError) -> Set<RowClaim> {
        var batch = PostgresBatch()
        for (item, outcome) in outcomes {
            let claim = item.handle.values
            switch outcome {
            case .delivered: batch.add(ProgressStatements.delivered, claim + [.int64(item.version)])
            case .postponed(let delay): batch.add(ProgressStatements.postponed, claim + [.microseconds(delay)])
            case .dropped: batch.add(ProgressStatements.dropped, claim)
            }
        }
        let results = try await pool.run(batch)
        return Set(zip(outcomes, results).filter { $1.affectedRows == 1 }.map { $0.0.item.handle })
    }

    /// How many reports of progress wait to be sent.
    func progressBacklog() async throws -> WorkBacklog {
        try WorkBacklog(queue: "progress", await pool.query(ProgressStatements.backlog, as: .read))
    }

    /// How long until the next report is due that is not due now; nil without such a report.
    func timeUntilProgress() async throws(PostgresError) -> Duration? {
        try await pool.query(ProgressStatements.timeUntilDue).first?.int64IfPresent(0).map { .microseconds($0) }
    }

    /// How far a run is, at least as far as its version says.
    func snapshot(of item: ProgressItem) async throws(PostgresError) -> WorkflowSnapshot {
        var batch = PostgresBatch()
        let stepIndex = batch.add(WorkflowStatements.steps, [.identifier(item.run)])
        let decisionIndex = batch.add(
            WorkflowStatements.decidedCommands, [.identifier(item.tenantID), .text(item.context)])
        let results = try await pool.run(batch)
        var steps: [WorkflowStep] = []
        for row in results[stepIndex].rows { steps.append(try WorkflowStep(row)) }
        var decisions: [WorkflowSnapshot.Decision] = []
        for row in results[decisionIndex].rows { decisions.append(try WorkflowSnapshot.Decision(row)) }
        return WorkflowSnapshot(
            context: item.context, version: item.version, kind: item.kind, tier: item.tier,
            workflow: Workflow(phase: item.phase, steps: steps, reason: item.reason), decisions: decisions)
    }
}

extension ProgressItem {
    /// Reads a row of ``ProgressStatements/claim``.
    init(_ row: PostgresRow, claim: Identifier) throws(PostgresError) {
        self.init(
            handle: RowClaim(row: try row.identifier(0), claim: claim), tenantID: try row.identifier(1),
            context: try row.text(2), kind: WorkflowKind(rawValue: try row.text(3)) ?? .provision,
            tier: try row.text(4), phase: WorkflowPhase(rawValue: try row.text(5)) ?? .failed,
            reason: try row.textIfPresent(6), version: try row.int64(7), sealedSecret: try row.bytesIfPresent(8),
            trace: try row.textIfPresent(9).flatMap(TraceContext.init(stored:)), failures: try row.int(10))
    }
}
