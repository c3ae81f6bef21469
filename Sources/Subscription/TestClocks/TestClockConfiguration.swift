import Configuration
import ConfigurationChecks

/// Whether there are test clocks.
struct TestClockConfiguration: Sendable {
    private enum Settings {
        static let isEnabled = Setting.flag(
            "TEST_CLOCKS", default: false,
            "Whether tenants can live on test clocks (`POST /test-clocks`, see [billing](billing.md#test-clocks)); refused in production, see `ARC_ENV`"
        )
    }

    static let configurationKeys = ConfigurationKeys("subscriptions", [Settings.isEnabled])
        .checking { (reader) throws(ConfigurationFailure) in _ = try TestClockConfiguration(reader: reader) }

    let isEnabled: Bool

    /// - Throws: ``ConfigurationFailure`` in production, where nobody may decide what day it is for a customer.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        isEnabled = try reader.value(Settings.isEnabled)
        guard !isEnabled || DeploymentEnvironment(reader: reader) == .development else {
            throw ConfigurationFailure(
                key: "TEST_CLOCKS", reason: "must not be true in production: test clocks need ARC_ENV=test")
        }
    }
}
