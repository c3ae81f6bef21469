import ServiceKit

/// Who may do what with invoices of the billing provider: a tenant's own users read theirs and announce payments.
enum BillingInvoicePolicy {
    private typealias Code = PermissionCatalog

    static let create: Access = .operators(Code.createBillingInvoice)
    static let view: Access = .owners(Code.getBillingInvoice)
    static let update: Access = .operators(Code.updateBillingInvoice)
    /// The original asks for the permission to delete a payment source (docs/contract/arc-api.md 6.9).
    static let delete: Access = .operators(Code.deleteBillingPaymentSource, Code.deleteBillingInvoice)
    /// What a tenant's user pays stays pending until an operator or the provider confirms it (``InternalBilling``).
    static let pay: Access = .owners(Code.createBillingInvoice)
    /// To issue, void, write off and credit.
    static let act: Access = .operators(Code.updateBillingInvoice)
    /// The common operations that there are of invoices as rows and of credit notes: those that read.
    static let reading = CRUDAccess(create: act, view: view, update: act, delete: act)
}
