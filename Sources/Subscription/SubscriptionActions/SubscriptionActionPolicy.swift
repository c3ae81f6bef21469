import ServiceKit

/// Who may do what with the life of a subscription: operators, because its actions decide what a tenant owes and gets. A tenant's own
/// users see what is scheduled.
enum SubscriptionActionPolicy {
    private typealias Code = PermissionCatalog

    static let act: Access = .operators(Code.updateSubscription)
    static let view: Access = .owners(Code.viewSubscription)
}
