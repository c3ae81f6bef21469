import ServiceLifecycle
import ServicePlatform

/// Sends the mails that other features have queued.
struct NotificationFeature: ServiceFeature {
    let background: [any Service]

    init(_ core: TenantManagementCore) {
        background = [core.notifications]
    }
}
