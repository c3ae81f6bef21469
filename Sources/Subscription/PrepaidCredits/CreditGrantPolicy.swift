import ServiceKit

/// Who may grant credits, and who sees them: operators grant, and a tenant's users see their own.
enum CreditGrantPolicy {
    private typealias Code = PermissionCatalog

    static let access = CRUDAccess(
        create: .operators(Code.createInvoice), view: .owners(Code.viewInvoice), update: .operators(Code.updateInvoice),
        delete: .operators(Code.updateInvoice))
    static let revoke: Access = .operators(Code.updateInvoice)
}
