import Configuration
import ConfigurationChecks
import Primitives

/// Settings of API keys.
///
/// | variable | range | default | meaning |
/// |---|---|---|---|
/// | `API_KEY_DEFAULT_DAYS` | 1 … 3650 | 90, at most the longest | lifetime of a key for which none is asked |
/// | `API_KEY_MAX_DAYS` | 1 … 3650 | 365 | longest lifetime of a key |
/// | `API_KEY_LIMIT` | 1 … 100000 | 100 | keys of one tenant, and of the operator |
struct APIKeyConfiguration: Sendable {
    static let configurationKeys: ConfigurationKeys = ["API_KEY_DEFAULT_DAYS", "API_KEY_MAX_DAYS", "API_KEY_LIMIT"]

    let defaultLifetime: Duration
    let maximumLifetime: Duration
    let maximumKeys: Int

    /// - Throws: ``ConfigurationFailure`` when a value is out of range.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        let longest = try reader.integer("api.key.max.days", default: 365, in: 1...3650)
        let usual = try reader.integer("api.key.default.days", default: min(90, longest), in: 1...3650)
        guard usual <= longest else {
            throw ConfigurationFailure(
                key: "API_KEY_DEFAULT_DAYS", reason: "is \(usual), but API_KEY_MAX_DAYS allows \(longest) days")
        }
        maximumLifetime = .seconds(longest * 86_400)
        defaultLifetime = .seconds(usual * 86_400)
        maximumKeys = try reader.integer("api.key.limit", default: 100, in: 1...100_000)
    }
}
