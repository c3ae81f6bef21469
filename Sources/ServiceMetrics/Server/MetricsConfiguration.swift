package import Configuration
package import ConfigurationChecks

/// Where metrics and statistics are served, and to whom.
package struct MetricsConfiguration: Sendable {
    let isEnabled: Bool
    let host: String
    /// Nil if none was chosen: then the service also runs if the usual port is taken.
    let chosenPort: Int?
    let usualPort: Int
    let token: String?
    let topTenants: Int

    /// Shortest token, in characters.
    private static let minimumTokenLength = 16

    private enum Settings {
        static let isEnabled = Setting.flag(
            "METRICS_ENABLED", default: true, "`false`: nothing is measured, and there is no management port")
        static let host = Setting.text(
            "METRICS_HOST", default: "127.0.0.1", values: "name or address",
            "Address of the management port, which serves `/metrics` ([metrics](metrics.md))")
        static let port = Setting.optionalInteger(
            "METRICS_PORT", unset: "`PORT` + 10000", in: 0...65_535,
            "The management port; 0: any free one. Without a value, a service whose usual management port is taken logs a warning and runs without one (and if `PORT` is 0 or above 55535, the usual port is any free one or `PORT` - 10000)"
        )
        static let token = Setting.secret(
            "METRICS_TOKEN", values: "at least \(minimumTokenLength) characters",
            "The bearer token that the management port asks for. Required if `METRICS_HOST` is not an address of the machine itself (127.x.x.x, ::1, localhost)"
        ) { $0.utf8.count >= minimumTokenLength }
        static let topTenants = Setting.integer(
            "METRICS_TOP_TENANTS", default: 20, in: 0...200, "How many tenants are shown by name")
    }

    package static let configurationKeys = ConfigurationKeys(
        "metrics", [Settings.isEnabled, Settings.host, Settings.port, Settings.token, Settings.topTenants]
    ).checking { (reader) throws(ConfigurationFailure) in
        // What depends on the port of the service is not checked.
        _ = try MetricsConfiguration(reader: reader, servicePort: 0)
    }

    /// Reads the settings.
    /// - Parameter servicePort: `PORT`, from which the usual port follows.
    /// - Throws: A failure that names the variable.
    package init(reader: ConfigReader, servicePort: Int) throws(ConfigurationFailure) {
        isEnabled = try reader.value(Settings.isEnabled)
        host = try reader.value(Settings.host)
        chosenPort = try reader.value(Settings.port)
        usualPort = Self.usualPort(servicePort)
        token = try reader.value(Settings.token)
        topTenants = try reader.value(Settings.topTenants)
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
