package import ConfigurationChecks
import MessageBus
import PostgresClient
import ServiceKit

extension OrchestratorApp {
    /// Every setting that the service reads.
    package static let configurationKeys = ConfigurationKeys(combining: [
        ServiceConfiguration.configurationKeys,
        PostgresConfiguration.configurationKeys,
        PostgresConfiguration.configurationKeys.within("PROVISIONER"),
        MessageBusConnection.configurationKeys,
        OrchestratorConfiguration.configurationKeys,
    ])
}

extension OrchestratorConfiguration {
    static let configurationKeys = ConfigurationKeys(
        [
            "TENANT_MANAGEMENT_URL", "TIERS_FILE", "APP_PLANE_URL_TEMPLATE", "PROVISIONING_CONCURRENCY",
            "PROVISIONING_TIER_CONCURRENCY", "PROVISIONING_OUTAGE_SECONDS", "PROVISIONING_MAX_ATTEMPTS",
            "PROVISIONING_BACKOFF_MILLIS", "PROVISIONING_BACKOFF_MAX_MILLIS", "PROVISIONING_LEASE_MILLIS",
            "CALLBACK_BACKOFF_MILLIS", "CALLBACK_BACKOFF_MAX_MILLIS", "CALLBACK_TIMEOUT_MILLIS",
            "PROVISIONER_ROLE_CONNECTION_LIMIT", "PROVISIONER_HTTP_ALLOW_PRIVATE", "WEBHOOK_API_MAX_ATTEMPTS",
        ], secrets: ["DATA_ENCRYPTION_KEY", "JWT_SECRET", "EVENT_BRIDGE_API_KEY", "EVENT_SIGNING_SECRET"])
}
