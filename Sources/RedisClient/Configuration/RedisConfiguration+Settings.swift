package import ConfigurationChecks

extension RedisConfiguration {
    enum Settings {
        static let url = Setting<RedisURL?>.parsed(
            "REDIS_URL", default: nil, unset: nil,
            values: "redis[s]://[user[:password]@]host[:port][/database], or unix:// and the path of a socket",
            "The server; what the URL says takes precedence over the other variables", isSecret: true
        ) { RedisURL($0).map { .some($0) } }
        static let host = Setting.text("REDIS_HOST", default: "127.0.0.1", values: "a name or an address", "The server")
        static let port = Setting.optionalInteger("REDIS_PORT", unset: "6379", in: 1...65_535, "Its port")
        static let username = Setting.text("REDIS_USERNAME", default: "default", "Name for the password")
        static let password = Setting.secret("REDIS_PASSWORD", "The password")
        static let database = Setting.optionalInteger(
            "REDIS_DATABASE", unset: "0 (subscription: 1)", in: 0...65_535, "Logical database")
        static let isTLSEnabled = Setting.flag(
            "REDIS_TLS_ENABLED", default: false, "Whether TLS is used, as with rediss://")
        static let authority = Setting.optionalText(
            "REDIS_TLS_CA", unset: "those of the system", values: "path of a PEM file", "Trusted authorities")
        static let certificate = Setting.optionalText(
            "REDIS_TLS_CERT", values: "path of a PEM file", "Certificate of the client, together with `REDIS_TLS_KEY`")
        static let key = Setting.optionalText("REDIS_TLS_KEY", values: "path of a PEM file", "Key of the client")
        static let serverName = Setting.optionalText(
            "REDIS_TLS_SERVER_NAME", unset: "the host", "Name that the certificate must be made out to")
        static let clientName = Setting.text(
            "REDIS_CLIENT_NAME", default: "arc", values: "printable ASCII characters without spaces",
            "Name of the connections at the server"
        ) { $0.utf8.allSatisfy { (33...126).contains($0) } }
        static let connections = Setting.integer(
            "REDIS_CONNECTIONS", default: 1, in: 1...64, "Connections of each process")
        static let connectTimeout = Setting.duration(
            "REDIS_CONNECT_TIMEOUT_MILLIS", default: 1000, in: 1...600_000, "Time to connect")
        static let commandTimeout = Setting.duration(
            "REDIS_COMMAND_TIMEOUT_MILLIS", default: 1000, in: 1...600_000, "Time for the reply to a command")
    }

    package static let configurationKeys = ConfigurationKeys(
        "Redis",
        [
            Settings.url, Settings.host, Settings.port, Settings.username, Settings.password, Settings.database,
            Settings.isTLSEnabled, Settings.authority, Settings.certificate, Settings.key, Settings.serverName,
            Settings.clientName, Settings.connections, Settings.connectTimeout, Settings.commandTimeout,
        ] + RedisSentinels.settings)
}
