import Configuration
import ConfigurationChecks
import Primitives

/// Settings of API keys.
struct APIKeyConfiguration: Sendable {
    private enum Settings {
        static let usual = Setting.optionalInteger(
            "API_KEY_DEFAULT_DAYS", unset: "90, at most `API_KEY_MAX_DAYS`", in: 1...3650,
            "Lifetime of an API key for which none is asked")
        static let longest = Setting.integer(
            "API_KEY_MAX_DAYS", default: 365, in: 1...3650, "Longest lifetime of an API key")
        static let limit = Setting.integer(
            "API_KEY_LIMIT", default: 100, in: 1...100_000,
            "API keys of one tenant, and of the operator, that have not expired")
    }

    static let configurationKeys = ConfigurationKeys("API keys", [Settings.usual, Settings.longest, Settings.limit])
        .checking { (reader) throws(ConfigurationFailure) in _ = try APIKeyConfiguration(reader: reader) }

    let defaultLifetime: Duration
    let maximumLifetime: Duration
    let maximumKeys: Int

    /// - Throws: ``ConfigurationFailure`` when a value is out of range.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        let longest = try reader.value(Settings.longest)
        let usual = try reader.value(Settings.usual) ?? min(90, longest)
        guard usual <= longest else {
            throw ConfigurationFailure(
                key: "API_KEY_DEFAULT_DAYS", reason: "is \(usual), but API_KEY_MAX_DAYS allows \(longest) days")
        }
        maximumLifetime = .seconds(longest * 86_400)
        defaultLifetime = .seconds(usual * 86_400)
        maximumKeys = try reader.value(Settings.limit)
    }
}
