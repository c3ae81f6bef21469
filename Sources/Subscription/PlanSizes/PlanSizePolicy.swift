import ServiceKit

/// Who may do what with plan sizes: everybody with the permission reads them, and operators change them.
enum PlanSizePolicy {
    private typealias Code = PermissionCatalog

    static let access = CRUDAccess(
        create: .operators(Code.createPlanSizes), view: .owners(Code.viewPlanSizes),
        update: .operators(Code.updatePlanSizes),
        delete: .operators(Code.deletePlanSizes))
}
