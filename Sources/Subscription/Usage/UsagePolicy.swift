import ServiceKit

/// Who may do what with usage: a tenant's own users see theirs. What was used decides what is owed, so only operators report it.
enum UsagePolicy {
    private typealias Code = PermissionCatalog

    static let report: Access = .operators(Code.reportUsage)
    static let view: Access = .owners(Code.viewUsage)
}
