import Entities
import JSONCoding
import Primitives

/// A request to the orchestrator with how far it is: a row of `main.provisionings` as operators and tenants see it.
enum ProvisioningRun {
    /// How far the orchestrator is.
    enum State: String, FieldValue, CaseIterable {
        /// The orchestrator has not reported anything, or never does.
        case requested = "REQUESTED"
        case running = "RUNNING"
        /// Given up: what was done is being undone.
        case compensating = "COMPENSATING"
        /// Something could not be undone: an operator has to look.
        case stuck = "STUCK"
        /// A pipeline does the work.
        case delegated = "DELEGATED"
        case succeeded = "SUCCEEDED"
        case failed = "FAILED"

        /// Whether nothing is left to do.
        var isOver: Bool { self == .succeeded || self == .failed }
    }

    static let tenantID = Field.identifier("tenantId", access: .readOnly)
    static let kind = Field.integer(
        "kind", width: .int16, oneOf: ProvisioningKind.allCases.map { Int($0.rawValue) }, access: .readOnly,
        description: "0 provision, 1 deprovision, 2 move")
    static let status = Field.integer(
        "status", width: .int16, oneOf: [0, 1, 2], access: .readOnly,
        description: "What the callback has reported: 0 nothing yet, 1 success, 2 failure or no callback in time")
    static let state = Field<State>.string(
        "state", access: .readOnly,
        description: "How far the orchestrator is; SUCCEEDED and FAILED not before its report of the outcome",
        example: "RUNNING")
    static let tier = Field.string("tier", access: .readOnly, example: "BASIC")
    static let subscriptionID = Field.string("subscriptionId", access: .readOnly)
    static let requestedOn = Field.timestamp("requestedOn", access: .readOnly)
    static let expiresOn = Field.timestamp(
        "expiresOn", access: .readOnly, description: "Without a callback the request has failed then")
    static let startedOn = Field.timestamp("startedOn", access: .readOnly)
    static let endedOn = Field.timestamp("endedOn", access: .readOnly)

    // Shown in other forms, or not to everybody, so filters cannot name them.
    static let reason = Field.string("reason", access: .hidden)
    static let steps = Field.object("steps", access: .hidden)
    static let possibleCommands = Field.strings("possibleCommands", access: .hidden)

    /// The description.
    static let entity = Entity(
        "ProvisioningRun", table: "provisionings",
        description: "A request to provision, deprovision or move a tenant, with how far it is.", audit: .none,
        tenancy: .column(tenantID),
        fields: [
            tenantID, kind, status, state, tier, subscriptionID, requestedOn, expiresOn, startedOn, endedOn, reason,
            steps, possibleCommands,
        ], alwaysSet: [tenantID, kind, status, state, requestedOn, expiresOn])
}
