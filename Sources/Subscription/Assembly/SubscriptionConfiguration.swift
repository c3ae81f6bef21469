package import Configuration
package import ServiceKit

/// What the subscription service reads besides the configuration of its database, Redis, bus and HTTP server.
///
/// Keys: `SUBSCRIPTION_QUOTA` (1...1000, default 10: live subscriptions, PENDING or ACTIVE, that one tenant may have).
package struct SubscriptionConfiguration: Sendable {
    /// Live subscriptions that one tenant may have.
    package var quota: Int

    /// A configuration; see the keys above.
    package init(quota: Int = 10) {
        self.quota = quota
    }

    /// Reads the keys above.
    /// - Throws: ``ConfigurationFailure`` when a value is out of range.
    package init(reader: ConfigReader) throws(ConfigurationFailure) {
        self.init(quota: try reader.integer("subscription.quota", default: 10, in: 1...1000))
    }
}
