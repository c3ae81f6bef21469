import ServiceKit

/// Who may do what with roles: operators only, within what they may do themselves.
enum RolePolicy {
    static let permissions = CRUDPermissions(
        create: [PermissionCatalog.manageRoles], view: [PermissionCatalog.viewRoles],
        update: [PermissionCatalog.manageRoles], delete: [PermissionCatalog.manageRoles])

    /// The permissions of a list that somebody cannot give, by their position.
    static func notHeld(_ permissions: [String], by holder: Set<String>) -> [Int] {
        permissions.indices.filter { !holder.contains(permissions[$0]) }
    }
}
