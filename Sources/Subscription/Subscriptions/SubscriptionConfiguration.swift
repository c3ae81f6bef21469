import Configuration
import ConfigurationChecks

/// Settings of subscriptions.
///
/// | variable | range | default | meaning |
/// |---|---|---|---|
/// | `SUBSCRIPTION_QUOTA` | 1 … 1000 | 10 | subscriptions, PENDING or ACTIVE, that one tenant may have |
/// | `SUBSCRIPTION_EXPIRY_INTERVAL_SECONDS` | 0 … 86400 | 3600 | interval at which ended subscriptions are marked; 0: never |
struct SubscriptionConfiguration: Sendable {
    static let configurationKeys: ConfigurationKeys = ["SUBSCRIPTION_QUOTA", "SUBSCRIPTION_EXPIRY_INTERVAL_SECONDS"]

    var quota: Int
    /// Nil to mark none.
    var expiryInterval: Duration?

    /// - Throws: ``ConfigurationFailure`` when a value is out of range.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        quota = try reader.integer("subscription.quota", default: 10, in: 1...1000)
        let interval = try reader.integer("subscription.expiry.interval.seconds", default: 3600, in: 0...86_400)
        expiryInterval = interval > 0 ? .seconds(interval) : nil
    }
}
