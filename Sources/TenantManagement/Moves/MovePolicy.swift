import ServiceKit

/// Who may move tenants' data: operators. Where it is kept costs money and follows from the region.
enum MovePolicy {
    private typealias Code = PermissionCatalog

    static let move: Access = .operators(Code.moveTenant)
    static let confirm: Access = .operators(Code.moveTenant)
}
