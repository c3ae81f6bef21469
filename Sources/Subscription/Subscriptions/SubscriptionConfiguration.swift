import Billing
import Configuration
import ConfigurationChecks

/// Settings of subscriptions.
struct SubscriptionConfiguration: Sendable {
    private enum Settings {
        static let quota = Setting.integer(
            "SUBSCRIPTION_QUOTA", default: 10, in: 1...1000,
            "Subscriptions of a tenant that are PENDING, or ACTIVE and not expired; `metaData.maxSubscriptionsPerTenant` of a plan takes precedence"
        )
        private static let policies = ChangePolicy.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
        static let upgradePolicy = Setting.text(
            "SUBSCRIPTION_UPGRADE_POLICY", default: ChangePolicy.prorateNow.rawValue, values: policies,
            "How a change that costs more is billed, unless the request, the pair of plans or the plan says it (`metaData.changes`)",
            isValid: { ChangePolicy(rawValue: $0) != nil })
        static let downgradePolicy = Setting.text(
            "SUBSCRIPTION_DOWNGRADE_POLICY", default: ChangePolicy.atPeriodEnd.rawValue, values: policies,
            "The same of a change that costs less", isValid: { ChangePolicy(rawValue: $0) != nil })
        static let expiryInterval = Setting.duration(
            "SUBSCRIPTION_EXPIRY_INTERVAL_SECONDS", default: 3600, in: 0...86_400,
            "Interval at which ACTIVE subscriptions that have ended are set to EXPIRED; 0 disables the job. Every node may run it; quotas and lists do not depend on it"
        )
    }

    static let configurationKeys = ConfigurationKeys(
        "subscriptions", [Settings.quota, Settings.upgradePolicy, Settings.downgradePolicy, Settings.expiryInterval])

    var quota: Int
    /// How changes are billed that cost more, and those that cost less.
    var upgradePolicy: ChangePolicy
    var downgradePolicy: ChangePolicy
    /// Nil to mark none.
    var expiryInterval: Duration?

    /// - Throws: ``ConfigurationFailure`` when a value is out of range.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        quota = try reader.value(Settings.quota)
        upgradePolicy = ChangePolicy(rawValue: try reader.value(Settings.upgradePolicy)) ?? .prorateNow
        downgradePolicy = ChangePolicy(rawValue: try reader.value(Settings.downgradePolicy)) ?? .atPeriodEnd
        let interval = try reader.value(Settings.expiryInterval)
        expiryInterval = interval > .zero ? interval : nil
    }
}
