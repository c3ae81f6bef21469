import ServiceKit

/// Who may do what with the collection of invoices: a tenant's own users see theirs, and operators decide.
enum CollectionPolicy {
    private typealias Code = PermissionCatalog

    static let view: Access = .owners(Code.getBillingInvoice)
    static let manage: Access = .operators(Code.updateBillingInvoice)
    static let changeMethod: Access = .operators(Code.updateSubscription)
}
