import Primitives
import ServiceKit

/// Who may do what with sessions, which only operators have: everybody sees and ends own ones, and with a permission those of
/// others.
enum SessionPolicy {
    /// Who the caller is, which everybody may know.
    static let current: Access = .caller
    static let list: Access = .caller.forOperators
    static let end: Access = .caller.forOperators

    /// Whether the caller sees the sessions of a user.
    static func mayView(sessionsOf user: String, _ caller: Identity) -> Bool {
        isOwn(user, caller) || caller.holdsAny(of: [PermissionCatalog.viewSessions])
    }

    /// Whether the caller ends the sessions of a user.
    static func mayEnd(sessionsOf user: String, _ caller: Identity) -> Bool {
        isOwn(user, caller) || mayEndAll(caller)
    }

    /// Whether the caller ends the sessions of everybody.
    static func mayEndAll(_ caller: Identity) -> Bool { caller.holdsAny(of: [PermissionCatalog.revokeSessions]) }

    private static func isOwn(_ user: String, _ caller: Identity) -> Bool {
        caller.id?.hasSameBytes(as: user) == true
    }
}
