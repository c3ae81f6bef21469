import Configuration
import ConfigurationChecks

/// Settings of endpoints.
struct WebhookEndpointConfiguration: Sendable {
    private enum Settings {
        static let allowsHTTP = Setting.flag(
            "WEBHOOK_ALLOW_HTTP", default: false, "Whether `http` URLs of webhook endpoints are accepted")
        static let allowsPrivate = Setting.flag(
            "WEBHOOK_ALLOW_PRIVATE_ADDRESSES", default: false,
            "Whether webhooks are delivered to this machine and to private networks. Link-local addresses and metadata services of clouds are refused all the same"
        )
        static let limit = Setting.integer(
            "WEBHOOK_ENDPOINT_LIMIT", default: 20, in: 1...100_000, "Webhook endpoints of one tenant")
    }

    static let configurationKeys = ConfigurationKeys(
        "webhook endpoints", [Settings.allowsHTTP, Settings.allowsPrivate, Settings.limit])

    let urls: WebhookURL
    let maximumEndpoints: Int

    /// - Throws: ``ConfigurationFailure`` when a value is out of range.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        urls = WebhookURL(
            allowsHTTP: try reader.value(Settings.allowsHTTP),
            allowsPrivateAddresses: try reader.value(Settings.allowsPrivate))
        maximumEndpoints = try reader.value(Settings.limit)
    }
}
