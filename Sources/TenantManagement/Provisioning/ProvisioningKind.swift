import PostgresClient

/// What a row of `main.provisionings` asks of the orchestrator.
enum ProvisioningKind: Int16, Sendable, CaseIterable {
    case provision = 0
    case deprovision = 1
    case move = 2

    /// The name in the documents.
    var name: String {
        switch self {
        case .provision: "PROVISION"
        case .deprovision: "DEPROVISION"
        case .move: "MOVE"
        }
    }

    var value: PostgresValue { .int16(rawValue) }
}
