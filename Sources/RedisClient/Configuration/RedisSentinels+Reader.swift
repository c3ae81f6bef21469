import Configuration
import ConfigurationChecks

extension RedisSentinels {
    enum Settings {
        static let addresses = Setting<[ServerAddress]>.parsed(
            "REDIS_SENTINELS", default: [], unset: "none: `REDIS_HOST` is the server",
            values: "up to 16 of host[:port] (port 26379 if none is named), separated by commas",
            "Redis Sentinel: the sentinels, which are asked for the master. Then `REDIS_HOST` and `REDIS_PORT` are not used, and `REDIS_URL` cannot be set"
        ) { ServerAddress.list($0, defaultPort: 26_379) }
        static let master = Setting.text(
            "REDIS_SENTINEL_MASTER", default: "mymaster", values: "letters, digits, dots, hyphens and underscores",
            "Name of the master in the configuration of the sentinels (`sentinel monitor <name> …`)"
        ) { text in
            !text.isEmpty
                && text.utf8.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                        || byte == 0x2D || byte == 0x2E || byte == 0x5F
                }
        }
        static let username = Setting.optionalText(
            "REDIS_SENTINEL_USERNAME", unset: "`REDIS_USERNAME`",
            "Name for the password of the sentinels; `default` for sentinels without authentication")
        static let password = Setting.secret(
            "REDIS_SENTINEL_PASSWORD", unset: "`REDIS_PASSWORD`", "The password of the sentinels")
        static let isTLSEnabled = Setting.optionalFlag(
            "REDIS_SENTINEL_TLS_ENABLED", unset: "`REDIS_TLS_ENABLED`", "Whether TLS is used with the sentinels")
        static let authority = Setting.optionalText(
            "REDIS_SENTINEL_TLS_CA", unset: "`REDIS_TLS_CA`", values: "path of a PEM file",
            "Authorities that are trusted for the sentinels")
        static let certificate = Setting.optionalText(
            "REDIS_SENTINEL_TLS_CERT", unset: "`REDIS_TLS_CERT`", values: "path of a PEM file",
            "Certificate of the client for the sentinels, together with `REDIS_SENTINEL_TLS_KEY`")
        static let key = Setting.optionalText(
            "REDIS_SENTINEL_TLS_KEY", unset: "`REDIS_TLS_KEY`", values: "path of a PEM file",
            "Key of the client for the sentinels")
        static let serverName = Setting.optionalText(
            "REDIS_SENTINEL_TLS_SERVER_NAME", unset: "the host",
            "Name that the certificates of the sentinels must be made out to")
        static let patience = Setting.duration(
            "REDIS_SENTINEL_WAIT_MILLIS", default: 10_000, in: 0...60_000,
            "How long a request with a session waits for the new master; then 503. Other requests go on without Redis")
    }

    static let settings: [any DescribedSetting] = [
        Settings.addresses, Settings.master, Settings.username, Settings.password, Settings.isTLSEnabled,
        Settings.authority, Settings.certificate, Settings.key, Settings.serverName, Settings.patience,
    ]

    private static let tlsSettings = RedisTLSSettings(
        authority: Settings.authority, certificate: Settings.certificate, key: Settings.key,
        serverName: Settings.serverName)

    /// Reads the settings; what they leave out is that of the master.
    /// - Parameter master: How to speak with the master.
    /// - Returns: Nil if no sentinels are named.
    init?(
        reader: ConfigReader, prefix: String?, master configuration: RedisConfiguration, username: String
    ) throws(ConfigurationFailure) {
        func value<Value>(_ setting: Setting<Value>) throws(ConfigurationFailure) -> Value {
            try reader.value(setting.within(prefix))
        }
        let addresses = try value(Settings.addresses)
        guard !addresses.isEmpty else { return nil }
        self.init(
            addresses: addresses, master: try value(Settings.master), patience: try value(Settings.patience))
        let name = try value(Settings.username)
        if let password = try value(Settings.password) {
            credentials = RedisCredentials(username: name ?? username, password: RedisSecret(password))
        } else if let known = configuration.credentials {
            credentials = RedisCredentials(username: name ?? known.username, password: known.password)
        }
        guard try value(Settings.isTLSEnabled) ?? (configuration.tls != nil) else { return }
        let scope = prefix.map { "\($0)_" } ?? ""
        var tls = try Self.tlsSettings.read(
            reader, prefix: prefix,
            variables: TLSVariables(
                authority: "\(scope)REDIS_SENTINEL_TLS_CA", certificate: "\(scope)REDIS_SENTINEL_TLS_CERT",
                name: "\(scope)REDIS_SENTINELS (or \(scope)REDIS_SENTINEL_TLS_SERVER_NAME)",
                mode: "\(scope)REDIS_SENTINEL_TLS_ENABLED"))
        if let known = configuration.tls {
            tls.authorityFile = tls.authorityFile ?? known.authorityFile
            if tls.certificateFile == nil {
                tls.certificateFile = known.certificateFile
                tls.keyFile = known.keyFile
            }
        }
        self.tls = tls
    }
}
