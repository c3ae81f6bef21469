import ServiceKit

/// Who may erase personal data, and see what was erased: operators.
enum ErasurePolicy {
    private typealias Code = PermissionCatalog

    static let erase: Access = .operators(Code.eraseTenant)
    static let view: Access = .operators(Code.eraseTenant)
}
