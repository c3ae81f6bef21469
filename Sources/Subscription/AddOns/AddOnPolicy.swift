import ServiceKit

/// Who may do what with add-ons: as with plans.
enum AddOnPolicy {
    private typealias Code = PermissionCatalog

    static let access = CRUDAccess(
        create: .operators(Code.createPlan), view: .owners(Code.viewPlan), update: .operators(Code.updatePlan),
        delete: .operators(Code.deletePlan))
}
