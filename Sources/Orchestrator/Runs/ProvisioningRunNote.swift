import PostgresClient
import Primitives

/// What is written down about a claimed run. Each takes the run one step further or ends the claim.
enum ProvisioningRunNote: Sendable {
    /// Given back untried, to be taken up at once by whoever comes.
    case released
    /// The resources are there; the call-back is next.
    case provisioned(by: String, resources: [UInt8], appPlaneURL: String)
    /// A pipeline has taken over; the run is over.
    case delegated(to: String)
    /// An attempt failed, another one follows.
    case provisioningFailed(by: String, reason: String, retryAt: Timestamp)
    /// No attempt follows; the call-back that says so is next.
    case provisioningGivenUp(by: String?, reason: String)
    /// The event cannot be read, so nobody can be told anything; the run is over.
    case unreadable(reason: String)
    /// Tenant management was told; the run is over.
    case callbackDelivered(status: Int)
    /// Tenant management will never accept the call-back; the run is over.
    case callbackRefused(status: Int, reason: String)
    /// The call-back was not delivered, another attempt follows.
    case callbackFailed(status: Int?, reason: String, retryAt: Timestamp)

    /// How often it is tried to write it down.
    var maximumTries: Int {
        if case .released = self { return 1 }
        return 5
    }

    /// The statement, whose first three parameters are the run, its claim and the time, and the parameters after them.
    var statement: (PostgresStatement, [PostgresValue]) {
        typealias SQL = ProvisioningRunStatements
        return switch self {
        case .released: (SQL.release, [])
        case .provisioned(let provisioner, let resources, let url):
            (SQL.provisioned, [.text(provisioner), .bytes(resources), .text(url)])
        case .delegated(let provisioner): (SQL.delegated, [.text(provisioner)])
        case .provisioningFailed(let provisioner, let reason, let retryAt):
            (SQL.provisioningFailed, [.text(provisioner), .text(reason), .timestamp(retryAt)])
        case .provisioningGivenUp(let provisioner, let reason):
            (SQL.provisioningGivenUp, [.optional(provisioner, PostgresValue.text), .text(reason)])
        case .unreadable(let reason): (SQL.unreadable, [.text(reason)])
        case .callbackDelivered(let status): (SQL.callbackDelivered, [.int64(Int64(status))])
        case .callbackRefused(let status, let reason): (SQL.callbackRefused, [.int64(Int64(status)), .text(reason)])
        case .callbackFailed(let status, let reason, let retryAt):
            (SQL.callbackFailed, [.optional(status) { .int64(Int64($0)) }, .text(reason), .timestamp(retryAt)])
        }
    }
}
