import JSONCoding
import PostgresClient
import Primitives

/// A request to remove the resources of a tenant after a grace period.
struct Offboarding: Sendable {
    /// How far it is.
    enum State: Int, Sendable, CaseIterable {
        /// The grace period is not over, or the tenant is in a state that has to end first.
        case scheduled = 0
        /// The orchestrator removes the resources.
        case running = 1
        case done = 2
        /// The removal failed; it can be requested again.
        case failed = 3
        case canceled = 4

        /// The name in the documents.
        var name: String {
            switch self {
            case .scheduled: "SCHEDULED"
            case .running: "RUNNING"
            case .done: "DONE"
            case .failed: "FAILED"
            case .canceled: "CANCELED"
            }
        }
    }

    static let maximumReasonLength = 1000
    static let maximumGraceDays = 365

    let id: Identifier
    let tenant: Identifier
    let reason: String
    let state: State
    let graceDays: Int
    let requestedOn: Timestamp
    let requestedBy: String?
    /// The end of the grace period.
    let endsOn: Timestamp
    let startedOn: Timestamp?
    let endedOn: Timestamp?
    let endedBy: String?
    let endNote: String?
    let lastError: String?
    let hasCertificate: Bool
    /// The tenant was provisioned again after it, or waits for that.
    let isSuperseded: Bool
    /// The export that comes first.
    let export: Identifier?

    /// In the order of `OffboardingRepository.columns`.
    init(_ row: PostgresRow) throws(PostgresError) {
        id = try row.identifier(0)
        tenant = try row.identifier(1)
        reason = try row.text(2)
        // The table allows no other values.
        state = State(rawValue: try row.int(3)) ?? .failed
        graceDays = try row.int(4)
        requestedOn = try row.timestamp(5)
        requestedBy = try row.textIfPresent(6)
        endsOn = try row.timestamp(7)
        startedOn = try row.timestampIfPresent(8)
        endedOn = try row.timestampIfPresent(9)
        endedBy = try row.textIfPresent(10)
        endNote = try row.textIfPresent(11)
        lastError = try row.textIfPresent(12)
        hasCertificate = try row.bool(13)
        isSuperseded = try row.bool(14)
        export = try row.identifierIfPresent(15)
    }
}
