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
        endpoint = Self.endpoint(url: url, host: try value(Settings.host), port: try value(Settings.port))
        credentials = Self.credentials(
            url: url, username: try value(Settings.username), password: try value(Settings.password))
        let number = try value(Settings.database)
        database = url?.database ?? number ?? database
        let isTLSEnabled = try value(Settings.isTLSEnabled)
        if isTLSEnabled || url?.usesTLS == true {
            tls = try Self.tls(reader: reader, prefix: prefix)
        }
        clientName = try value(Settings.clientName)
        connections = try value(Settings.connections)
        connectTimeout = try value(Settings.connectTimeout)
        commandTimeout = try value(Settings.commandTimeout)
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

    private static func tls(reader: ConfigReader, prefix: String?) throws(ConfigurationFailure) -> RedisTLS {
        let files = [Settings.authority, Settings.certificate, Settings.key].map { $0.within(prefix) }
        let (authority, certificate, key) = (files[0], files[1], files[2])
        var tls = RedisTLS(
            authorityFile: try reader.value(authority), certificateFile: try reader.value(certificate),
            keyFile: try reader.value(key), serverName: try reader.value(Settings.serverName.within(prefix)))
        tls.variables = .redis(prefix.map { "\($0)_" } ?? "")
        guard (tls.certificateFile == nil) == (tls.keyFile == nil) else {
            let names = [key.description.name, certificate.description.name]
            let (missing, present) = tls.keyFile == nil ? (names[0], names[1]) : (names[1], names[0])
            throw ConfigurationFailure(key: missing, reason: "is missing: \(present) is set, and they belong together")
        }
        // Read once now: a wrong path should stop the start, not surface as a failed connection.
        for file in files {
            guard let path = try reader.value(file) else { continue }
            try PEMFile(path: path, variable: file.description.name).check()
        }
        guard (try? tls.context()) != nil else {
            throw ConfigurationFailure(
                key: authority.description.name,
                reason:
                    "and \(certificate.description.name), \(key.description.name) must be PEM files with certificates, "
                    + "and a key that belongs to them")
        }
        return tls
    }
}
