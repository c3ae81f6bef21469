import Entities
import JSONCoding
import PostgresClient
import Primitives

/// SQL of how far runs are, and of what operators have decided about them.
struct ProvisioningRunRepository: Sendable {
    let pool: PostgresPool

    // MARK: Progress

    /// Stores a report of progress by itself.
    func store(
        _ progress: ProvisioningProgress, tenant: Identifier, in context: WriteContext
    ) async throws(PostgresError) {
        var batch = PostgresBatch(settings: context.settings)
        batch.add(Self.store(progress, tenant: tenant, now: context.now))
        _ = try await pool.run(batch)
    }

    /// Stores a report unless a newer one was stored, and what became of commands. When the run is over, commands that it has not
    /// seen are refused. The table shows no end before the report of the outcome.
    static func store(_ progress: ProvisioningProgress, tenant: Identifier, now: Timestamp) -> BoundStatement {
        let decisions = progress.decisions.map { decision -> JSONValue in
            [
                "id": .identifier(decision.command), "outcome": .string(decision.outcome.rawValue),
                "detail": decision.detail.map { .string($0) } ?? .null,
                "decided_on": .timestamp(decision.decidedOn),
            ]
        }
        return BoundStatement(
            storing,
            [
                .identifier(progress.context), .identifier(tenant), .int64(progress.version),
                .text(progress.state.rawValue), .optional(progress.tier) { .text($0) },
                .optional(progress.reason) { .text($0) }, .optional(progress.startedOn) { .timestamp($0) },
                .optional(progress.state.isOver ? progress.endedOn ?? now : nil) { .timestamp($0) },
                .json(JSONValue.array(progress.steps).serialized()), .textArray(progress.possibleCommands),
                .json(JSONValue.array(decisions).serialized()), .bool(progress.state.isOver), .timestamp(now),
            ])
    }

    private static let storing: PostgresStatement = """
        WITH run AS (
            UPDATE main.provisionings
            SET progress_version = $3, state = $4, tier = COALESCE($5, tier), reason = $6,
                started_on = COALESCE($7, started_on), ended_on = $8, steps = $9, possible_commands = $10
            WHERE id = $1 AND tenant_id = $2 AND progress_version < $3
            RETURNING id),
        decided AS (
            SELECT * FROM jsonb_to_recordset($11)
                AS decided (id uuid, outcome text, detail text, decided_on timestamptz))
        UPDATE main.provisioning_commands AS command
        SET outcome = COALESCE((SELECT outcome FROM decided WHERE decided.id = command.id), 'REFUSED'),
            detail = CASE WHEN command.id IN (SELECT id FROM decided)
                THEN (SELECT detail FROM decided WHERE decided.id = command.id) ELSE 'the run was over' END,
            decided_on = COALESCE((SELECT decided_on FROM decided WHERE decided.id = command.id), $13)
        FROM run
        WHERE command.provisioning_id = run.id AND command.outcome = 'PENDING'
            AND ($12 OR command.id IN (SELECT id FROM decided))
        """

    // MARK: Commands

    /// A run to which a command may apply.
    struct Target: Sendable {
        let run: Identifier
        let state: String
        let possible: [String]
        /// Commands of each kind that the orchestrator has not decided on.
        let pending: [String]
        let commandCount: Int
    }

    /// Locks and reads the run that a command of an operator is for: the newest one in which something is possible, else the newest.
    /// - Returns: nil when the tenant has no run.
    static func target(
        of tenant: Identifier, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> Target? {
        guard let row = try await transaction.query(targeting, [.identifier(tenant)]).first else { return nil }
        return Target(
            run: try row.identifier(0), state: try row.text(1), possible: try row.textArrayIfPresent(2) ?? [],
            pending: try row.textArrayIfPresent(3) ?? [], commandCount: try row.int(4))
    }

    private static let targeting: PostgresStatement = """
        SELECT id, state, possible_commands, ARRAY(
                SELECT sent.command::text FROM main.provisioning_commands AS sent
                WHERE sent.provisioning_id = run.id AND sent.outcome = 'PENDING'),
            (SELECT count(*) FROM main.provisioning_commands AS sent WHERE sent.provisioning_id = run.id)
        FROM main.provisionings AS run WHERE tenant_id = $1
        ORDER BY possible_commands <> '{}' DESC, requested_on DESC LIMIT 1 FOR UPDATE OF run
        """

    /// Stores a command.
    static func insert(_ command: ProvisioningCommand, tenant: Identifier) -> BoundStatement {
        BoundStatement(
            """
            INSERT INTO main.provisioning_commands (
                id, provisioning_id, tenant_id, command, reason, requested_by, requested_on)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """,
            [
                .identifier(command.id), .identifier(command.run), .identifier(tenant), .text(command.kind.rawValue),
                .text(command.reason), .optional(command.requestedBy) { .text($0) }, .timestamp(command.requestedOn),
            ])
    }

    /// The commands for runs, by run, the oldest first.
    func commands(
        of runs: [Identifier], in scope: TenantScope
    ) async throws(PostgresError) -> [Identifier: [ProvisioningCommand]] {
        guard !runs.isEmpty else { return [:] }
        let result = try await pool.query(
            Self.commandsOfRuns, [.identifierArray(runs)], settings: scope.settings, as: .read)
        var commands: [Identifier: [ProvisioningCommand]] = [:]
        for row in result.rows {
            let command = try ProvisioningCommand(row)
            commands[command.run, default: []].append(command)
        }
        return commands
    }

    /// A command; nil if it does not exist.
    func command(_ id: Identifier, in scope: TenantScope) async throws(PostgresError) -> ProvisioningCommand? {
        let result = try await pool.query(
            Self.oneCommand, [.identifier(id)], settings: scope.settings, as: .read)
        guard let row = result.first else { return nil }
        return try ProvisioningCommand(row)
    }

    private static let columns = """
        id, provisioning_id, command, reason, requested_by, requested_on, outcome, detail, decided_on
        """

    private static let commandsOfRuns = PostgresStatement(
        """
        SELECT \(columns) FROM main.provisioning_commands WHERE provisioning_id = ANY($1) ORDER BY requested_on, id
        """)

    private static let oneCommand = PostgresStatement(
        "SELECT \(columns) FROM main.provisioning_commands WHERE id = $1")

    // MARK: Estimates

    /// The median of the durations of the last runs of a kind and tier that have succeeded, whatever their tenant.
    /// - Returns: nil without such runs.
    func medianDuration(
        kind: Int, tier: String
    ) async throws(PostgresError) -> (median: Duration, runs: Int)? {
        let result = try await pool.query(
            Self.median, [.int16(Int16(clamping: kind)), .text(tier)], settings: TenantScope.everyTenant, as: .read)
        guard let row = result.first, let median = try row.int64IfPresent(0) else { return nil }
        return (.microseconds(median), try row.int(1))
    }

    private static let median: PostgresStatement = """
        SELECT (percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM ended_on - started_on)) * 1000000)::bigint,
            count(*)
        FROM (
            SELECT started_on, ended_on FROM main.provisionings
            WHERE kind = $1 AND tier = $2 AND state = 'SUCCEEDED' AND started_on IS NOT NULL
            ORDER BY ended_on DESC LIMIT 50) AS recent
        """
}

extension ProvisioningCommand {
    /// Reads a row of commands.
    fileprivate init(_ row: PostgresRow) throws(PostgresError) {
        // The table allows no other values.
        self.init(
            id: try row.identifier(0), run: try row.identifier(1),
            kind: Kind(rawValue: try row.text(2)) ?? .resume, reason: try row.text(3),
            requestedBy: try row.textIfPresent(4), requestedOn: try row.timestamp(5),
            outcome: Outcome(rawValue: try row.text(6)) ?? .pending, detail: try row.textIfPresent(7),
            decidedOn: try row.timestampIfPresent(8))
    }
}
