import ServiceKit

/// Who may do what with suspensions: operators. Who is suspended does not decide when that ends.
enum SuspensionPolicy {
    private typealias Code = PermissionCatalog

    static let suspend: Access = .operators(Code.suspendTenant)
    static let reactivate: Access = .operators(Code.suspendTenant)
    static let view: Access = .operators(Code.suspendTenant)
}
