import ServiceKit

/// Who may do what with services: everybody with the permission reads them, and operators change them.
enum OfferedServicePolicy {
    private typealias Code = PermissionCatalog

    static let access = CRUDAccess(
        create: .operators(Code.createService), view: .owners(Code.viewService), update: .operators(Code.updateService),
        delete: .operators(Code.deleteService))
}
