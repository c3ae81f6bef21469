import ServiceKit

/// Who may do what with contacts: operators, and users of a tenant with those of their tenant.
enum ContactPolicy {
    private typealias Code = PermissionCatalog

    static let access = CRUDAccess(
        create: .owners(Code.createContact), view: .owners(Code.viewContact), update: .owners(Code.updateContact),
        delete: .owners(Code.deleteContact))
}
