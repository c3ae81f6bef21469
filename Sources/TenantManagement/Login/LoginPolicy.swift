import ServiceKit

/// Who may log in and out. Everybody may begin a login: who it is, is known afterward, and what that operator may do follows from
/// ``RoleMapping``. Users of a tenant log in elsewhere.
enum LoginPolicy {
    static let logout: Access = .caller.forOperators
}
