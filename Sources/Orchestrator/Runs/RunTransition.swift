import JSONCoding
import PostgresClient
import Primitives
import WorkQueue

/// What is recorded about a claimed run. Each takes the run one step further or ends the claim.
enum RunTransition: Sendable {
    /// Given back untried.
    case released(after: Duration)
    /// The workflow, and what becomes of the claim.
    case saved(RunSave)
    /// The event cannot be read, so nobody can be notified; the run is over, or waits for an operator if something was done.
    case unreadable(reason: String)
    /// Tenant management was notified, also of the progress up to a version; the run is over.
    case callbackDelivered(status: Int, version: Int64)
    /// Tenant management will never accept the callback; the run is over.
    case callbackRefused(status: Int, reason: String)
    /// The callback was not delivered, another attempt follows.
    case callbackFailed(status: Int?, reason: String, retryAfter: Duration)

    /// The statement, whose first two parameters are the run and its claim, and the parameters after them.
    var statement: (PostgresStatement, [PostgresValue]) {
        typealias SQL = ProvisioningRunStatements
        return switch self {
        case .released(let delay): (SQL.release, [.microseconds(delay)])
        case .saved(let save): (WorkflowStatements.save, save.values)
        case .unreadable(let reason): (SQL.unreadable, [.text(reason)])
        case .callbackDelivered(let status, let version):
            (SQL.callbackDelivered, [.int64(Int64(status)), .int64(version)])
        case .callbackRefused(let status, let reason): (SQL.callbackRefused, [.int64(Int64(status)), .text(reason)])
        case .callbackFailed(let status, let reason, let delay):
            (SQL.callbackFailed, [.optional(status) { .int64(Int64($0)) }, .text(reason), .microseconds(delay)])
        }
    }
}
