import Configuration
import ConfigurationChecks
import ServiceKit

/// Settings of events over HTTP.
struct EventConfiguration: Sendable {
    private enum Settings {
        static let key = secret(
            "EVENT_BRIDGE_API_KEY",
            "`POST /event-bridge/events/{eventType}` accepts events with this value as `x-api-key`")
        static let signingSecret = secret(
            "EVENT_SIGNING_SECRET",
            "… and events that are signed with this secret. Without either setting the endpoint returns 401")
        static let limit = Setting.integer(
            "WEBHOOK_API_MAX_ATTEMPTS", default: 60, in: 1...1_000_000,
            "Events over HTTP per minute and client address, counted by each orchestrator separately. In tenant management it limits callbacks"
        )

        /// One that cannot be guessed.
        private static func secret(_ name: String, _ meaning: String) -> Setting<String?> {
            .secret(name, values: "at least \(EventCredentials.minimumLength) characters", meaning) {
                $0.count >= EventCredentials.minimumLength
            }
        }
    }

    static let configurationKeys = ConfigurationKeys(
        "events over HTTP", [Settings.key, Settings.signingSecret, Settings.limit])

    /// Who may send events.
    var credentials: EventCredentials
    /// How often a client may try to.
    var limit: RateLimit

    /// - Throws: ``ConfigurationFailure`` that names the variable and what it should be.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        credentials = EventCredentials(
            key: try reader.value(Settings.key), signingSecret: try reader.value(Settings.signingSecret))
        limit = RateLimit(limit: try reader.value(Settings.limit))
    }
}
