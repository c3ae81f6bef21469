import JSONCoding
import MessageBus
import Primitives

/// What an operator has decided about a run.
struct ProvisioningCommand: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        /// Try again now, and count attempts anew.
        case resume
        /// Pass over the current step, or leave what it has made.
        case skip
        /// Give up and undo what was done, or leave everything that is not undone.
        case abort
    }

    enum Outcome: String, Sendable, CaseIterable {
        /// The orchestrator has not reported what became of it.
        case pending = "PENDING"
        case applied = "APPLIED"
        /// The run was in a state by then in which it is not possible.
        case refused = "REFUSED"
    }

    let id: Identifier
    let run: Identifier
    let kind: Kind
    let reason: String
    /// The user; nil for a token without one.
    let requestedBy: String?
    let requestedOn: Timestamp
    var outcome = Outcome.pending
    /// Why it was refused.
    var detail: String?
    var decidedOn: Timestamp?

    /// Most characters of a reason.
    static let maximumReasonLength = 500
    /// Most commands for one run.
    static let maximumCount = 100

    var json: JSONValue {
        [
            "id": .identifier(id), "runId": .identifier(run), "command": .string(kind.rawValue),
            "reason": .string(reason), "requestedBy": requestedBy.map { .string($0) } ?? .null,
            "requestedOn": .timestamp(requestedOn), "outcome": .string(outcome.rawValue),
            "detail": detail.map { .string($0) } ?? .null, "decidedOn": decidedOn.map { .timestamp($0) } ?? .null,
        ]
    }

    /// The event that brings it to the orchestrator, which applies each command once, by its id.
    func event(tenant: Identifier, trace: TraceContext?) throws(EventEnvelopeError) -> EventEnvelope {
        var data: JSONObject = [
            "type": .string(EventType.tenantProvisioningCommand), "tenantId": .identifier(tenant),
            "context": .identifier(run), "commandId": .identifier(id), "command": .string(kind.rawValue),
            "reason": .string(reason),
        ]
        data["actor"] = requestedBy.map { .string($0) }
        return try EventEnvelope(
            id: id, type: EventType.tenantProvisioningCommand, tenantID: tenant, occurredAt: requestedOn,
            trace: trace, data: JSONValue.object(data).serialized())
    }
}

/// Why a command is not sent.
enum ProvisioningCommandError: Error, Sendable, Hashable {
    case tenantNotFound
    /// The tenant was never provisioned.
    case noRun
    /// The run is in a state in which it is not possible.
    case notPossible(ProvisioningCommand.Kind, state: String, possible: [String])
    /// The same command was sent before, and the orchestrator has not applied it yet.
    case alreadyPending(ProvisioningCommand.Kind)
    /// There were too many commands for this run.
    case tooMany
}
