import ServiceKit

/// Who may do what with versions of plans: operators, since drafts and future prices are nobody else's business. Whoever sees plans sees
/// their current prices.
enum PlanVersionPolicy {
    private typealias Code = PermissionCatalog

    static let view: Access = .operators(Code.viewPlan)
    static let edit: Access = .operators(Code.updatePlan)
    static let viewPrices: Access = .owners(Code.viewPlan)
}
