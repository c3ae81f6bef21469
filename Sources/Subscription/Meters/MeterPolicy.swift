import ServiceKit

/// Who may do what with meters: everybody with the permission reads them, and operators decide what is counted and limited.
enum MeterPolicy {
    private typealias Code = PermissionCatalog

    static let access = CRUDAccess(
        create: .operators(Code.createMeter), view: .owners(Code.viewMeter), update: .operators(Code.updateMeter),
        delete: .operators(Code.deleteMeter))
}
