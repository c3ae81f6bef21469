import Configuration
import ConfigurationChecks

/// Settings of subscriptions.
struct SubscriptionConfiguration: Sendable {
    private enum Settings {
        static let quota = Setting.integer(
            "SUBSCRIPTION_QUOTA", default: 10, in: 1...1000,
            "Subscriptions of a tenant that are PENDING, or ACTIVE and not expired; `metaData.maxSubscriptionsPerTenant` of a plan takes precedence"
        )
        static let expiryInterval = Setting.duration(
            "SUBSCRIPTION_EXPIRY_INTERVAL_SECONDS", default: 3600, in: 0...86_400,
            "Interval at which ACTIVE subscriptions that have ended are set to EXPIRED; 0 disables the job. Every node may run it; quotas and lists do not depend on it"
        )
    }

    static let configurationKeys = ConfigurationKeys("subscriptions", [Settings.quota, Settings.expiryInterval])

    var quota: Int
    /// Nil to mark none.
    var expiryInterval: Duration?

    /// - Throws: ``ConfigurationFailure`` when a value is out of range.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        quota = try reader.value(Settings.quota)
        let interval = try reader.value(Settings.expiryInterval)
        expiryInterval = interval > .zero ? interval : nil
    }
}
