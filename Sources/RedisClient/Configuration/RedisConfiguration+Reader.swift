package import Configuration
package import ConfigurationChecks

extension RedisConfiguration {
    /// Reads the settings. What the URL names wins; what it leaves out comes from the other variables, so the password can stay
    /// in its file.
    /// - Parameter prefix: `MESSAGE_BUS` reads `MESSAGE_BUS_REDIS_URL` and so on.
    package init(reader: ConfigReader, prefix: String? = nil) throws(ConfigurationFailure) {
        self.init()
        func value<Value>(_ setting: Setting<Value>) throws(ConfigurationFailure) -> Value {
            try reader.value(setting.within(prefix))
        }
        let url = try value(Settings.url)
        let username = try value(Settings.username)
        endpoint = Self.endpoint(url: url, host: try value(Settings.host), port: try value(Settings.port))
        credentials = Self.credentials(
            url: url, username: username, password: try value(Settings.password))
        let number = try value(Settings.database)
        database = url?.database ?? number ?? database
        let isTLSEnabled = try value(Settings.isTLSEnabled)
        if isTLSEnabled || url?.usesTLS == true {
            tls = try Self.tlsSettings.read(
                reader, prefix: prefix, variables: .redis(prefix.map { "\($0)_" } ?? ""))
        }
        clientName = try value(Settings.clientName)
        connections = try value(Settings.connections)
        connectTimeout = try value(Settings.connectTimeout)
        commandTimeout = try value(Settings.commandTimeout)
        sentinels = try RedisSentinels(reader: reader, prefix: prefix, master: self, username: username)
        guard url == nil || sentinels == nil else {
            throw ConfigurationFailure(
                key: Settings.url.within(prefix).description.name,
                reason: "cannot be set with \(RedisSentinels.Settings.addresses.within(prefix).description.name), "
                    + "which says where the server is; use the other REDIS_ variables for the rest")
        }
    }

    /// The logical database that a variable names; nil if none does.
    /// - Parameter prefix: As when reading all settings.
    package static func namedDatabase(
        reader: ConfigReader, prefix: String? = nil
    ) throws(ConfigurationFailure) -> Int? {
        try reader.value(Settings.database.within(prefix))
    }

    /// Whether a variable with a prefix says where the server is.
    package static func namesServer(reader: ConfigReader, prefix: String) throws(ConfigurationFailure) -> Bool {
        let url = try reader.value(Settings.url.within(prefix))
        return url != nil || Settings.host.within(prefix).description.isSet(in: reader)
            || RedisSentinels.Settings.addresses.within(prefix).description.isSet(in: reader)
    }

    private static func endpoint(url: RedisURL?, host: String, port: Int?) -> Endpoint {
        guard let url else { return .host(host, port: port ?? 6379) }
        if case .host(let host, _) = url.endpoint, !url.hasPort, let port { return .host(host, port: port) }
        return url.endpoint
    }

    private static func credentials(url: RedisURL?, username: String, password: String?) -> RedisCredentials? {
        let username = url?.username ?? username
        if let password = url?.password { return RedisCredentials(username: username, password: password) }
        return password.map { RedisCredentials(username: username, password: RedisSecret($0)) }
    }

    private static let tlsSettings = RedisTLSSettings(
        authority: Settings.authority, certificate: Settings.certificate, key: Settings.key,
        serverName: Settings.serverName)
}
