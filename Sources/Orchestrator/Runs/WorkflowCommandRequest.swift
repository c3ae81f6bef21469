import JSONCoding
import MessageBus
import Primitives

/// What a `TENANT_PROVISIONING_COMMAND` event asks for: an operator intervenes in a run. Who the operator is stays in tenant
/// management; the id leads there.
struct WorkflowCommandRequest: Sendable, Hashable {
    /// Identifies the command, whatever event brings it.
    let id: Identifier
    let tenantID: Identifier
    /// Of the run.
    let context: String
    let command: WorkflowCommand
    let reason: String

    /// Most characters of a reason.
    static let maximumReason = 500

    /// Reads an event of the bus.
    /// - Throws: `EventRejection` that names the member that is missing or wrong.
    init(_ event: EventEnvelope) throws(EventRejection) {
        guard let data = try? JSONValue.parse(stored: event.data) else {
            throw EventRejection(reason: "the data is not JSON")
        }
        guard let tenantID = data["tenantId"]?.stringValue.flatMap({ Identifier($0) }), event.tenantID == tenantID
        else {
            throw EventRejection(reason: "tenantId is not the tenant of the envelope")
        }
        guard let id = data["commandId"]?.stringValue.flatMap({ Identifier($0) }) else {
            throw EventRejection(reason: "commandId is missing or not a UUID")
        }
        guard let context = data["context"]?.stringValue, (1...1000).contains(context.utf8.count),
            !context.utf8.contains(0)
        else { throw EventRejection(reason: "context is missing") }
        guard let command = data["command"]?.stringValue.flatMap({ WorkflowCommand(rawValue: $0) }) else {
            let known = WorkflowCommand.allCases.map(\.rawValue).joined(separator: ", ")
            throw EventRejection(reason: "command must be one of \(known)")
        }
        guard let reason = data["reason"]?.stringValue, !reason.isEmpty, !reason.utf8.contains(0),
            reason.unicodeScalars.count <= Self.maximumReason
        else { throw EventRejection(reason: "reason is missing or longer than \(Self.maximumReason) characters") }
        self.id = id
        self.tenantID = tenantID
        self.context = context
        self.command = command
        self.reason = reason
    }
}
