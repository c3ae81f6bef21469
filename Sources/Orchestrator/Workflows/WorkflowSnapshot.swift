import JSONCoding
import Primitives

/// How far a run is, as tenant management shows it. Contains no secrets; reasons are those of failures, which contain none.
struct WorkflowSnapshot: Sendable {
    /// What became of a command of an operator.
    struct Decision: Sendable, Hashable {
        let command: Identifier
        let isApplied: Bool
        /// Why not; nil if it was applied.
        let detail: String?
        let decidedOn: Timestamp
    }

    let context: String
    /// Of two snapshots of a run, the one with the larger version is the newer one.
    let version: Int64
    let kind: WorkflowKind
    let tier: String
    let workflow: Workflow
    let decisions: [Decision]

    /// Most decisions in a snapshot, the newest.
    static let maximumDecisions = 50

    var json: JSONValue {
        let started = workflow.steps.compactMap(\.startedOn).min()
        let ended = workflow.steps.flatMap { [$0.endedOn, $0.compensatedOn] }.compactMap(\.self).max()
        return [
            "context": .string(context), "version": .integer(Int(version)), "kind": .string(kind.rawValue.uppercased()),
            "tier": .string(tier), "state": .string(workflow.phase.shownName),
            "reason": workflow.reason.map { .string($0) } ?? .null, "startedOn": time(started),
            "endedOn": time(workflow.phase.isOver ? ended : nil), "steps": .array(workflow.steps.map(json)),
            "possibleCommands": .array(workflow.possibleCommands.map { .string($0.rawValue) }),
            "commands": .array(decisions.suffix(Self.maximumDecisions).map(json)),
        ]
    }

    private func json(_ step: WorkflowStep) -> JSONValue {
        [
            "name": .string(step.name), "state": .string(step.state.rawValue.uppercased()),
            "attempts": .integer(step.attempts), "compensationAttempts": .integer(step.compensationAttempts),
            "lastError": step.lastError.map { .string($0) } ?? .null, "startedOn": time(step.startedOn),
            "endedOn": time(step.endedOn), "compensatedOn": time(step.compensatedOn),
        ]
    }

    private func json(_ decision: Decision) -> JSONValue {
        [
            "id": .identifier(decision.command), "outcome": decision.isApplied ? "APPLIED" : "REFUSED",
            "detail": decision.detail.map { .string($0) } ?? .null, "decidedOn": .timestamp(decision.decidedOn),
        ]
    }

    private func time(_ instant: Timestamp?) -> JSONValue { instant.map { .timestamp($0) } ?? .null }
}

extension WorkflowPhase {
    /// The name in the documents of tenant management.
    var shownName: String {
        switch self {
        case .performing: "RUNNING"
        case .compensating: "COMPENSATING"
        case .stuck: "STUCK"
        case .succeeded: "SUCCEEDED"
        case .delegated: "DELEGATED"
        case .failed: "FAILED"
        }
    }
}
