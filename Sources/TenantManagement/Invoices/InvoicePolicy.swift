import ServiceKit

/// Who may do what with invoices: a tenant's own users read theirs, and never decide what they owe.
enum InvoicePolicy {
    private typealias Code = PermissionCatalog

    static let access = CRUDAccess(
        create: .operators(Code.createInvoice), view: .owners(Code.viewInvoice), update: .operators(Code.updateInvoice),
        delete: .operators(Code.deleteInvoice))
    /// The original asks for the permission to create (docs/contract/arc-api.md 5.5).
    static let download: Access = .owners(Code.viewInvoice, Code.createInvoice)
    static let downloadWithoutID: Access = .owners(Code.createInvoice)
}
