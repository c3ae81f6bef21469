import ServiceKit

/// Who may preview what a subscription would bill: whoever sees plans or subscriptions. Nothing is read or stored.
enum BillingPreviewPolicy {
    static let preview: Access = .owners(PermissionCatalog.viewPlan, PermissionCatalog.viewSubscription)
}
