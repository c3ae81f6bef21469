import ServiceKit

/// Who may do what with customers of the billing provider: a tenant's own users add and change theirs, and operators delete them.
enum BillingCustomerPolicy {
    private typealias Code = PermissionCatalog

    static let create: Access = .owners(Code.createBillingCustomer)
    static let view: Access = .owners(Code.getBillingCustomer)
    static let update: Access = .owners(Code.updateBillingCustomer)
    static let delete: Access = .operators(Code.deleteBillingCustomer)
}
