package import Configuration
package import ConfigurationChecks

/// Which servers have replicas of the database, and which of them may answer.
package struct ReplicaConfiguration: Sendable, Hashable {
    package var addresses: [ServerAddress]
    /// A replica that is further behind answers nobody.
    package var maximumLag: Duration
    /// How often all of them are asked how far they are.
    package var interval: Duration
    /// Connections to each; nil: as many as to the primary.
    package var maximumConnections: Int?

    package init(
        addresses: [ServerAddress], maximumLag: Duration = .seconds(10), interval: Duration = .seconds(1),
        maximumConnections: Int? = nil
    ) {
        self.addresses = addresses
        self.maximumLag = maximumLag
        self.interval = interval
        self.maximumConnections = maximumConnections
    }

    private enum Settings {
        static let addresses = Setting<[ServerAddress]>.parsed(
            "DB_READ_HOSTS", default: [], unset: "none: everything is read from `DB_HOST`",
            values: "up to 16 of host[:port] (port 5432 if none is named), separated by commas",
            "Streaming replicas of the database, which may answer reads ([scaling](scaling.md#reads-from-replicas)). User, password, TLS and time limits are those of the primary"
        ) { ServerAddress.list($0, defaultPort: 5432) }
        static let maximumLag = Setting.duration(
            "DB_READ_MAX_LAG_MILLIS", default: 10_000, in: 100...3_600_000,
            "A replica that is further behind the primary answers nobody")
        static let interval = Setting.duration(
            "DB_READ_CHECK_MILLIS", default: 1000, in: 50...60_000,
            "Time between two checks of all replicas; one that was lost is used again at most so much later")
        static let maximumConnections = Setting.optionalInteger(
            "DB_READ_MAX_CONNECTIONS", unset: "`DB_MAX_CONNECTIONS`", in: 1...1000,
            "Connections to each replica for reads; there is one more for checks")
    }

    package static let configurationKeys = ConfigurationKeys(
        "read replicas",
        [Settings.addresses, Settings.maximumLag, Settings.interval, Settings.maximumConnections])

    /// Reads the settings.
    /// - Returns: Nil without replicas.
    package init?(reader: ConfigReader) throws(ConfigurationFailure) {
        let maximumLag = try reader.value(Settings.maximumLag)
        let interval = try reader.value(Settings.interval)
        let maximumConnections = try reader.value(Settings.maximumConnections)
        let addresses = try reader.value(Settings.addresses)
        guard !addresses.isEmpty else { return nil }
        self.init(
            addresses: addresses, maximumLag: maximumLag, interval: interval, maximumConnections: maximumConnections)
    }
}
