import ServiceKit

/// Who may do what with roles: operators only, within what they may do themselves.
enum RolePolicy {
    private typealias Code = PermissionCatalog

    static let access = CRUDAccess(
        create: .operators(Code.manageRoles), view: .operators(Code.viewRoles), update: .operators(Code.manageRoles),
        delete: .operators(Code.manageRoles))

    /// The positions of the permissions in a list that somebody cannot give.
    static func notHeld(_ permissions: [String], by holder: Set<String>) -> [Int] {
        permissions.indices.filter { !holder.contains(permissions[$0]) }
    }
}
