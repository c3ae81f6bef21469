import ServiceKit

/// Who may move the time of a tenant: operators with a permission of its own.
enum TestClockPolicy {
    private typealias Code = PermissionCatalog

    static let access = CRUDAccess(
        create: .operators(Code.manageTestClocks), view: .operators(Code.manageTestClocks),
        update: .operators(Code.manageTestClocks), delete: .operators(Code.manageTestClocks))
    static let advance: Access = .operators(Code.manageTestClocks)
}
