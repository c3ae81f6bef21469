import JSONCoding
import PostgresClient
import Primitives
import WorkQueue

/// What is recorded about a claimed run. Each takes the run one step further or ends the claim.
enum RunTransition: Sendable {
    /// Given back untried.
    case released(after: Duration)
    /// The resources exist; the callback is next.
    case provisioned(by: String, resources: [TenantResource], appPlaneURL: String)
    /// A pipeline has accepted the work; the run is over.
    case delegated(to: String)
    /// An attempt failed, another one follows.
    case provisioningFailed(by: String, reason: String, retryAfter: Duration)
    /// Something that the provisioner depends on is away; no attempt is counted.
    case provisioningPostponed(by: String, reason: String, retryAfter: Duration)
    /// No attempt follows; the callback that says so is next.
    case provisioningGivenUp(by: String?, reason: String)
    /// The event cannot be read, so nobody can be notified; the run is over.
    case unreadable(reason: String)
    /// Tenant management was notified; the run is over.
    case callbackDelivered(status: Int)
    /// Tenant management cannot accept what was made: the run has failed, and the callback that says so is next.
    case reportRefused(status: Int, reason: String)
    /// Tenant management will never accept the callback; the run is over.
    case callbackRefused(status: Int, reason: String)
    /// The callback was not delivered, another attempt follows.
    case callbackFailed(status: Int?, reason: String, retryAfter: Duration)

    /// The statement, whose first two parameters are the run and its claim, and the parameters after them.
    var statement: (PostgresStatement, [PostgresValue]) {
        typealias SQL = ProvisioningRunStatements
        return switch self {
        case .released(let delay): (SQL.release, [.microseconds(delay)])
        case .provisioned(let provisioner, let resources, let url):
            (SQL.provisioned, [.text(provisioner), .bytes(resources.jsonBytes()), .text(url)])
        case .delegated(let provisioner): (SQL.delegated, [.text(provisioner)])
        case .provisioningFailed(let provisioner, let reason, let delay):
            (SQL.provisioningFailed, [.text(provisioner), .text(reason), .microseconds(delay)])
        case .provisioningPostponed(let provisioner, let reason, let delay):
            (SQL.provisioningPostponed, [.text(provisioner), .text(reason), .microseconds(delay)])
        case .provisioningGivenUp(let provisioner, let reason):
            (SQL.provisioningGivenUp, [.optional(provisioner, PostgresValue.text), .text(reason)])
        case .unreadable(let reason): (SQL.unreadable, [.text(reason)])
        case .callbackDelivered(let status): (SQL.callbackDelivered, [.int64(Int64(status))])
        case .reportRefused(let status, let reason): (SQL.reportRefused, [.int64(Int64(status)), .text(reason)])
        case .callbackRefused(let status, let reason): (SQL.callbackRefused, [.int64(Int64(status)), .text(reason)])
        case .callbackFailed(let status, let reason, let delay):
            (SQL.callbackFailed, [.optional(status) { .int64(Int64($0)) }, .text(reason), .microseconds(delay)])
        }
    }
}
