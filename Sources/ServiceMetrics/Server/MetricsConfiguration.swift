package import Configuration
package import ConfigurationChecks

/// Where metrics and statistics are served, and to whom.
///
/// | environment | default | range |
/// |---|---|---|
/// | `METRICS_ENABLED` | true | false: nothing is measured and nothing is served |
/// | `METRICS_HOST` | `127.0.0.1` | address of the management port; any other than this machine's own needs `METRICS_TOKEN` |
/// | `METRICS_PORT` | `PORT` + 10000 | 0...65535; 0: any free one |
/// | `METRICS_TOKEN` | none | secret, at least 16 characters: the bearer token that the management port asks for |
/// | `METRICS_TOP_TENANTS` | 20 | 0...200 tenants that are shown by name |
package struct MetricsConfiguration: Sendable {
    let isEnabled: Bool
    let host: String
    /// Nil if none was chosen: then the service also runs if the usual port is taken.
    let chosenPort: Int?
    let usualPort: Int
    let token: String?
    let topTenants: Int

    package static let configurationKeys = ConfigurationKeys(
        ["METRICS_ENABLED", "METRICS_HOST", "METRICS_PORT", "METRICS_TOP_TENANTS"], secrets: ["METRICS_TOKEN"])

    /// Shortest token, in characters.
    private static let minimumTokenLength = 16

    /// Reads the keys above.
    /// - Parameter servicePort: `PORT`, from which the usual port follows.
    /// - Throws: A failure that names the variable.
    package init(reader: ConfigReader, servicePort: Int) throws(ConfigurationFailure) {
        isEnabled = try reader.flag("metrics.enabled", default: true)
        host = reader.text("metrics.host") ?? "127.0.0.1"
        chosenPort = try reader.integer("metrics.port", in: 0...65_535)
        usualPort = Self.usualPort(servicePort)
        token = try reader.secret("metrics.token")
        topTenants = try reader.integer("metrics.top.tenants", default: 20, in: 0...200)
        if let token, token.utf8.count < Self.minimumTokenLength {
            throw ConfigurationFailure(
                key: "METRICS_TOKEN", reason: "is too short: it needs at least \(Self.minimumTokenLength) characters")
        }
        if isEnabled, token == nil, !Self.isLocal(host) {
            throw ConfigurationFailure(
                key: "METRICS_TOKEN",
                reason: "is not set, but METRICS_HOST is \"\(host)\": beyond this machine, metrics need a token")
        }
    }

    private static func usualPort(_ servicePort: Int) -> Int {
        switch servicePort {
        case 0: 0
        case 1...55_535: servicePort + 10_000
        default: servicePort - 10_000
        }
    }

    static func isLocal(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}
