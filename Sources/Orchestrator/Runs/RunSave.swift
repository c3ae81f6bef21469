import JSONCoding
import PostgresClient
import Primitives
import WorkQueue

/// A run and its steps as they are to be recorded, in one transaction.
struct RunSave: Sendable {
    /// What becomes of the claim.
    enum Disposition: Sendable, Hashable {
        /// Work goes on.
        case kept
        /// The run is due again after a time.
        case released(after: Duration)
        /// The run waits for an operator.
        case parked
        /// Nothing is left to do.
        case over

        fileprivate var name: String {
            switch self {
            case .kept: "kept"
            case .released: "released"
            case .parked: "parked"
            case .over: "over"
            }
        }

        fileprivate var delay: Duration {
            if case .released(let delay) = self { delay } else { .zero }
        }
    }

    /// A step whose row changes.
    struct Step: Sendable {
        let position: Int
        let step: WorkflowStep
        /// Sealed; nil to leave what is recorded.
        var input: [UInt8]?
        /// Sealed; nil to leave what is recorded.
        var output: [UInt8]?
    }

    /// What became of a command.
    struct Decision: Sendable {
        let command: Identifier
        let isApplied: Bool
        /// Why not; nil if it was applied.
        let detail: String?
    }

    let run: ProvisioningRun
    let steps: [Step]
    /// The name of the tier's provisioner; nil to leave it.
    var provisioner: String?
    /// Of the last attempt that did not succeed; nil to leave it unless the workflow has succeeded.
    var lastError: String?
    /// Whether the current step found something away.
    var isAway = false
    /// Sealed: what signs progress reports; nil to leave it.
    var secret: [UInt8]?
    var decisions: [Decision] = []
    /// Whether tenant management has refused what was made, and with which status.
    var refusedStatus: Int?
    let disposition: Disposition

    /// Parameters 3 and following of ``WorkflowStatements/save``.
    var values: [PostgresValue] {
        let workflow = run.workflow
        let commands = decisions.map { decision -> JSONValue in
            [
                "id": .identifier(decision.command), "state": decision.isApplied ? "applied" : "refused",
                "detail": decision.detail.map { .string($0) } ?? .null,
            ]
        }
        return [
            .text(workflow.phase.rawValue), .int64(Int64(run.attempts)),
            .optional(provisioner, PostgresValue.text), .optional(lastError, PostgresValue.text),
            .optional(workflow.reason, PostgresValue.text), .text(run.tier), .text(run.planSize),
            .bytes(run.resources.jsonBytes()), .optional(run.appPlaneURL, PostgresValue.text),
            .text(run.callbackState.rawValue), .bool(isAway), .text(disposition.name),
            .microseconds(disposition.delay), .json(JSONValue.array(steps.map(\.json)).serialized()),
            .int64(Int64(workflow.steps.count)), .json(JSONValue.array(commands).serialized()),
            .optional(secret, PostgresValue.bytes), .optional(refusedStatus) { .int64(Int64($0)) },
            .text("refused with \(refusedStatus ?? 0)"),
        ]
    }
}

extension RunSave.Step {
    fileprivate var json: JSONValue {
        func time(_ value: Timestamp?) -> JSONValue { value.map { .string("\($0)") } ?? .null }
        func hex(_ value: [UInt8]?) -> JSONValue { value.map { .string(Hex.encode($0)) } ?? .null }
        return [
            "position": .integer(position), "name": .string(step.name), "is_skippable": .bool(step.isSkippable),
            "state": .string(step.state.rawValue), "attempts": .integer(step.attempts),
            "compensation_attempts": .integer(step.compensationAttempts),
            "last_error": step.lastError.map { .string($0) } ?? .null, "input": hex(input), "output": hex(output),
            "started_on": time(step.startedOn), "ended_on": time(step.endedOn),
            "compensated_on": time(step.compensatedOn),
        ]
    }
}
