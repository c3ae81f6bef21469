import ServiceKit

/// Who may do what with currencies: everybody with the permission reads them, and operators change them.
enum CurrencyPolicy {
    private typealias Code = PermissionCatalog

    static let access = CRUDAccess(
        create: .operators(Code.createCurrency), view: .owners(Code.viewCurrency),
        update: .operators(Code.updateCurrency),
        delete: .operators(Code.deleteCurrency))
}
