import Entities
import PostgresClient

/// Why the state of a tenant cannot change as asked.
enum TenantStateError: Error, Sendable, Hashable {
    /// There is no such tenant for this caller.
    case tenantNotFound
    /// The table of states has no such change.
    /// - Parameters:
    ///   - from: nil for a status that is not known.
    ///   - to: nil for a deletion.
    ///   - cause: What was asked for; the legal changes that are listed are those of this cause.
    case illegal(from: Tenant.Status?, to: Tenant.Status?, cause: TenantTransition.Cause)
    /// The tenant is suspended for reasons that only `POST /tenants/{id}/reactivate` removes.
    case suspended(reasons: [String])
    /// The resources of the tenant were removed; it has to be provisioned again.
    case offboarded

    /// The personal data of the tenant was erased; it never returns.
    case erased

    /// SQLSTATE with which the database rejects a change that the table of states does not have.
    static let illegalState: SQLState = "ARC03"
    /// SQLSTATE with which the database rejects the return of a suspended tenant.
    static let suspendedState: SQLState = "ARC04"
    /// SQLSTATE with which the database rejects the return of a tenant whose resources were removed.
    static let offboardedState: SQLState = "ARC05"
    /// SQLSTATE with which the database rejects the return of a tenant whose personal data was erased.
    static let erasedState: SQLState = "ARC06"

    /// What a rejection by the database means; nil for other errors.
    init?(_ state: SQLState?, detail: String?) {
        switch state {
        case Self.illegalState:
            let words = (detail ?? "").split(separator: " ").map { Int($0).flatMap { Tenant.Status(rawValue: $0) } }
            self = .illegal(
                from: words.first ?? nil, to: words.count > 1 ? words[1] : nil, cause: .operatorChange)
        case Self.suspendedState:
            self = .suspended(reasons: (detail ?? "").split(separator: " ").map(String.init))
        case Self.offboardedState: self = .offboarded
        case Self.erasedState: self = .erased
        default: return nil
        }
    }

    /// What an error of a write to tenants means; the error itself if it is another one.
    static func meaning(of error: any Error) -> any Error {
        switch error {
        case let error as RepositoryError:
            guard case .refused(let state, let detail) = error else { return error }
            return TenantStateError(state, detail: detail) ?? error
        case let error as PostgresError: return TenantStateError(error.sqlState, detail: error.detail) ?? error
        default: return error
        }
    }
}
