import Entities
import ServiceKit

/// Who may do what with endpoints of webhooks and their deliveries: a tenant's own users with those that their tenant owns, never
/// with those of the operator.
enum WebhookPolicy {
    private typealias Code = PermissionCatalog

    static let access = CRUDAccess(
        create: .owners(Code.createWebhook), view: .owners(Code.viewWebhook), update: .owners(Code.updateWebhook),
        delete: .owners(Code.deleteWebhook))
    /// To see the secret of an endpoint after it was created.
    static let secret: Access = .owners(Code.viewWebhookSecret)

    /// Whether an endpoint of the operator may be added.
    static func mayHaveOperatorsAudience(in scope: TenantScope) -> Bool { scope.isOperator }

    /// The types of events that may be delivered; nil: all.
    static func types(for scope: TenantScope) -> [String]? { scope.isOperator ? nil : PublishedEvents.shownToTenants }
}
