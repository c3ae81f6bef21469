import JSONCoding
import MessageBus
import PostgresClient
import Primitives
import Sealing

/// What of a run is read when it is worked on.
struct RunDetails: Sendable {
    /// As recorded, in their order.
    var steps: [WorkflowStep]
    /// What steps have left, by name.
    var outputs: [String: StepOutput]
    /// What the tenant has from earlier runs.
    let existing: Existing?
    /// What became of earlier commands.
    let decisions: [WorkflowSnapshot.Decision]

    /// What an earlier run has made.
    struct Existing: Sendable {
        let tier: String
        let planSize: String
        let resources: [TenantResource]
    }
}

/// A command that is not applied yet.
struct PendingCommand: Sendable {
    let id: Identifier
    let command: WorkflowCommand
    let reason: String
}

/// An output that cannot be opened: the key was changed while a workflow was under way.
struct UnreadableOutput: Error, Sendable {}

extension ProvisioningRunRepository {
    /// Reads the steps of a run with their outputs, and what the tenant has.
    /// - Throws: `PostgresError`; ``UnreadableOutput``.
    func details(of run: ProvisioningRun) async throws -> RunDetails {
        var batch = PostgresBatch()
        let stepIndex = batch.add(WorkflowStatements.steps, [.identifier(run.id)])
        let existingIndex = batch.add(
            WorkflowStatements.existing, [.identifier(run.tenantID), .identifier(run.id)])
        let decisionIndex = batch.add(
            WorkflowStatements.decidedCommands, [.identifier(run.tenantID), .text(run.context)])
        let results = try await pool.run(batch)
        var steps: [WorkflowStep] = []
        var outputs: [String: StepOutput] = [:]
        for (position, row) in results[stepIndex].rows.enumerated() {
            let step = try WorkflowStep(row)
            steps.append(step)
            guard let sealed = try row.bytesIfPresent(9) else { continue }
            guard let json = try? sealer.open(sealed, label: Self.label(run.id, position, "output")),
                let output = (try? JSONValue.parse(stored: json)).flatMap({ StepOutput(stored: $0) })
            else { throw UnreadableOutput() }
            outputs[step.name] = output
        }
        let existing = try results[existingIndex].first.map { row in
            RunDetails.Existing(
                tier: try row.text(0), planSize: try row.text(1),
                resources: ProvisioningRun.resources(stored: try row.jsonIfPresent(2)))
        }
        let decisions = try results[decisionIndex].rows.map { row in try WorkflowSnapshot.Decision(row) }
        return RunDetails(steps: steps, outputs: outputs, existing: existing, decisions: decisions)
    }

    /// What operators have decided about a run and was not applied yet, the oldest first.
    func pendingCommands(of run: ProvisioningRun) async throws(PostgresError) -> [PendingCommand] {
        let result = try await pool.query(
            WorkflowStatements.pendingCommands, [.identifier(run.tenantID), .text(run.context)])
        var commands: [PendingCommand] = []
        for row in result.rows {
            // The check constraint allows nothing else.
            guard let command = WorkflowCommand(rawValue: try row.text(1)) else { continue }
            commands.append(PendingCommand(id: try row.identifier(0), command: command, reason: try row.text(2)))
        }
        return commands
    }

    /// Stores what an operator has decided.
    /// - Returns: False when it was stored before, or there is no such run.
    func enqueue(_ request: WorkflowCommandRequest, event: Identifier) async throws -> Bool {
        var batch = PostgresBatch()
        batch.add(Inbox.claim(event, consumer: Self.consumer, at: clock.now()))
        let insertion = batch.add(
            WorkflowStatements.receiveCommand,
            [
                .identifier(request.id), .identifier(request.tenantID), .text(request.context),
                .text(request.command.rawValue), .text(request.reason),
            ])
        return try await pool.run(batch)[insertion].first != nil
    }

    /// How many runs wait for an operator.
    func stuckCount() async throws(PostgresError) -> Int {
        try await pool.query(WorkflowStatements.stuckCount).first?.int(0) ?? 0
    }

    /// Sealed, for the column.
    func sealed(_ output: StepOutput, of run: ProvisioningRun, at position: Int) throws(SealingError) -> [UInt8] {
        try sealer.seal(output.json.serialized(), label: Self.label(run.id, position, "output"))
    }

    /// Sealed, for the column.
    func sealedInput(
        _ outputs: [String: JSONObject], of run: ProvisioningRun, at position: Int
    ) throws(SealingError) -> [UInt8] {
        let members = JSONObject(outputs.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.object($0.value)) })
        return try sealer.seal(
            JSONValue.object(members).serialized(), label: Self.label(run.id, position, "input"))
    }

    /// What signs the progress reports of a run, sealed for the column.
    func sealedSecret(_ secret: String, of run: Identifier) throws(SealingError) -> [UInt8] {
        try sealer.seal(Array(secret.utf8), label: Self.secretLabel(run: run.description))
    }

    /// The opposite of ``sealedSecret(_:of:)``; nil when the key is another one.
    func secret(_ sealed: [UInt8], of run: Identifier) -> String? {
        (try? sealer.open(sealed, label: Self.secretLabel(run: run.description))).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    private static func label(_ run: Identifier, _ position: Int, _ column: String) -> String {
        stepLabel(run: run.description, "\(position)", column)
    }
}

extension WorkflowSnapshot.Decision {
    /// Reads a row of ``WorkflowStatements/decidedCommands``.
    init(_ row: PostgresRow) throws(PostgresError) {
        self.init(
            command: try row.identifier(0), isApplied: try row.bool(1), detail: try row.textIfPresent(2),
            decidedOn: try row.timestamp(3))
    }
}

extension WorkflowStep {
    /// Reads a row of ``WorkflowStatements/steps``.
    init(_ row: PostgresRow) throws(PostgresError) {
        self.init(name: try row.text(0), isSkippable: try row.bool(1))
        // The check constraint allows nothing else.
        state = StepState(rawValue: try row.text(2)) ?? .started
        attempts = try row.int(3)
        compensationAttempts = try row.int(4)
        lastError = try row.textIfPresent(5)
        startedOn = try row.timestampIfPresent(6)
        endedOn = try row.timestampIfPresent(7)
        compensatedOn = try row.timestampIfPresent(8)
    }
}

extension StepOutput {
    /// As it is stored, before it is sealed.
    var json: JSONValue {
        [
            "values": .object(values), "resources": .array(resources.map(\.json)),
            "appPlaneUrl": appPlaneURL.map { .string($0) } ?? .null,
        ]
    }

    /// Reads what ``json`` has made; nil for anything else. A step that has delegated the work ends its run, so that is not stored.
    init?(stored json: JSONValue) {
        guard let values = json["values"]?.objectValue, let resources = json["resources"]?.arrayValue else {
            return nil
        }
        self.init(
            values: values, resources: resources.compactMap { TenantResource(stored: $0) },
            appPlaneURL: json["appPlaneUrl"]?.stringValue)
    }
}
