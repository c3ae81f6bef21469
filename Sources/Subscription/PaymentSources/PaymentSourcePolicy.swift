import ServiceKit

/// Who may do what with payment sources: operators, and users of a tenant with those of their tenant.
enum PaymentSourcePolicy {
    private typealias Code = PermissionCatalog

    static let create: Access = .owners(Code.createBillingPaymentSource)
    static let view: Access = .owners(Code.getBillingPaymentSource)
    static let delete: Access = .owners(Code.deleteBillingPaymentSource)
}
