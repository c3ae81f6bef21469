import ServiceKit

/// Who may do what with resources: everybody with the permission reads them, and operators change them.
enum ResourcePolicy {
    private typealias Code = PermissionCatalog

    static let access = CRUDAccess(
        create: .operators(Code.createResource), view: .owners(Code.viewResource),
        update: .operators(Code.updateResource),
        delete: .operators(Code.deleteResource))
}
