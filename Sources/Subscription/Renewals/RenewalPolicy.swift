import ServiceKit

/// Who sees what cannot be billed, and lets it go on: operators, since the reasons are theirs to put right.
enum RenewalPolicy {
    private typealias Code = PermissionCatalog

    static let view: Access = .operators(Code.viewSubscription)
    static let unpark: Access = .operators(Code.updateSubscription)
}
