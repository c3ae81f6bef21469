import Configuration
import ConfigurationChecks

/// Settings of endpoints.
///
/// | variable | range | default | meaning |
/// |---|---|---|---|
/// | `WEBHOOK_ALLOW_HTTP` | | false | accept `http` URLs |
/// | `WEBHOOK_ALLOW_PRIVATE_ADDRESSES` | | false | deliver to this machine and to private networks |
/// | `WEBHOOK_ENDPOINT_LIMIT` | 1 … 100000 | 20 | endpoints of one tenant |
struct WebhookEndpointConfiguration: Sendable {
    static let configurationKeys: ConfigurationKeys = [
        "WEBHOOK_ALLOW_HTTP", "WEBHOOK_ALLOW_PRIVATE_ADDRESSES", "WEBHOOK_ENDPOINT_LIMIT",
    ]

    let urls: WebhookURL
    let maximumEndpoints: Int

    /// - Throws: ``ConfigurationFailure`` when a value is out of range.
    init(reader: ConfigReader) throws(ConfigurationFailure) {
        urls = WebhookURL(
            allowsHTTP: try reader.flag("webhook.allow.http", default: false),
            allowsPrivateAddresses: try reader.flag("webhook.allow.private.addresses", default: false))
        maximumEndpoints = try reader.integer("webhook.endpoint.limit", default: 20, in: 1...100_000)
    }
}
