import ServiceKit

/// Who may do what with plans: everybody with the permission reads them, and operators change them.
enum PlanPolicy {
    private typealias Code = PermissionCatalog

    static let access = CRUDAccess(
        create: .operators(Code.createPlan), view: .owners(Code.viewPlan), update: .operators(Code.updatePlan),
        delete: .operators(Code.deletePlan))
}
