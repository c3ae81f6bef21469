import ServiceKit

/// Who may log in and out. Anybody may begin a login, because who it is becomes known only at its end; ``RoleMapping`` then decides
/// what the operator may do. Users of a tenant log in elsewhere.
enum LoginPolicy {
    static let logout: Access = .caller.forOperators
}
