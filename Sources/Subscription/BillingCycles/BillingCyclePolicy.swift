import ServiceKit

/// Who may do what with billing cycles: everybody with the permission reads them, and operators change them.
enum BillingCyclePolicy {
    private typealias Code = PermissionCatalog

    static let access = CRUDAccess(
        create: .operators(Code.createBillingCycle), view: .owners(Code.viewBillingCycle),
        update: .operators(Code.updateBillingCycle),
        delete: .operators(Code.deleteBillingCycle))
}
