import Entities
import JSONCoding
import PostgresClient
import Primitives
import ServiceKit

/// Something that has happened to a session, or to a login that did not become one, as the audit log has it.
struct SessionEvent: Sendable {
    /// Why a session was ended by something else than its user's logout.
    enum Reason: String, Sendable {
        /// Somebody has asked for it.
        case request
        /// The user has too many others.
        case limit
        /// The same browser has logged in again.
        case login
    }

    private let action: String
    private let session: Identifier?
    private let details: JSONObject

    /// An operator has logged in.
    static func login(_ session: Session) -> SessionEvent {
        SessionEvent(
            action: "login", session: session.id,
            details: ["address": .string(session.address), "roles": .array(session.roles.map { .string($0) })])
    }

    /// A login that was begun here has failed.
    static func failedLogin(_ error: LoginError, address: String) -> SessionEvent {
        SessionEvent(
            action: "login-failed", session: nil,
            details: ["address": .string(address), "reason": .string(error.reason)])
    }

    /// An operator has logged out.
    static func logout(_ session: Identifier) -> SessionEvent {
        SessionEvent(action: "logout", session: session, details: [:])
    }

    /// A session was ended.
    /// - Parameter session: Nil when all of a user were to be ended, and there was none.
    /// - Parameter user: Whose it was, where that is known.
    static func end(_ session: Identifier?, of user: String? = nil, because reason: Reason) -> SessionEvent {
        var details: JSONObject = ["reason": .string(reason.rawValue)]
        if let user { details["userId"] = .string(user) }
        return SessionEvent(action: "end", session: session, details: details)
    }

    /// Records it in the operator's chain.
    var statement: BoundStatement {
        AuditedCommand.statement(
            action, "Session", id: session, tenant: nil,
            details: details.isEmpty ? nil : JSONValue.object(details).serialized())
    }
}
