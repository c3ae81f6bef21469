import Configuration
import ConfigurationChecks
import ServiceKit

/// Settings of events over HTTP.
///
/// | environment | default | range |
/// |---|---|---|
/// | `EVENT_BRIDGE_API_KEY` | none | secret, at least 16 characters: senders of events authenticate with it as `x-api-key` |
/// | `EVENT_SIGNING_SECRET` | none | secret, at least 16 characters: senders of events sign with it |
/// | `WEBHOOK_API_MAX_ATTEMPTS` | 60 | 1 … 1000000 events in a minute, for each client and process |
struct EventConfiguration: Sendable {
    static let configurationKeys = ConfigurationKeys(
        ["WEBHOOK_API_MAX_ATTEMPTS"], secrets: ["EVENT_BRIDGE_API_KEY", "EVENT_SIGNING_SECRET"])

    /// Who may send events.
    var credentials: EventCredentials
    /// How often a client may try to.
    var limit: RateLimit

    /// - Throws: ``ConfigurationFailure`` that names the variable and what it should be.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        credentials = EventCredentials(
            key: try Self.longSecret("event.bridge.api.key", reader),
            signingSecret: try Self.longSecret("event.signing.secret", reader))
        limit = RateLimit(limit: try reader.integer("webhook.api.max.attempts", default: 60, in: 1...1_000_000))
    }

    /// A secret that cannot be guessed; nil when it is not set.
    private static func longSecret(
        _ key: ConfigKey, _ reader: ConfigReader
    ) throws(ConfigurationFailure) -> String? {
        guard let secret = try reader.secret(key) else { return nil }
        guard secret.count >= EventCredentials.minimumLength else {
            throw ConfigurationFailure(
                key: key.environmentName, reason: "must have at least \(EventCredentials.minimumLength) characters")
        }
        return secret
    }
}
