import ConfigurationChecks
import KeyRotation
import ServiceLifecycle
import ServicePlatform

/// Sends the mails that other features have queued.
struct NotificationFeature: ServiceFeature {
    static let configurationKeys = ConfigurationKeys(combining: [
        NotificationSettings.configurationKeys, NotificationTransports.configurationKeys,
        SMTPConfiguration.configurationKeys, InvoiceMailConfiguration.configurationKeys,
    ])

    static let sealedColumns = [NotificationStore.sealedColumn]

    let background: [any Service]

    init(_ core: TenantManagementCore) {
        background = [core.notifications]
    }
}
