package import Configuration
package import ConfigurationChecks

extension RedisConfiguration {
    package static let configurationKeys = ConfigurationKeys(
        [
            "REDIS_HOST", "REDIS_PORT", "REDIS_USERNAME", "REDIS_DATABASE", "REDIS_TLS_ENABLED", "REDIS_TLS_CA",
            "REDIS_TLS_CERT", "REDIS_TLS_KEY", "REDIS_TLS_SERVER_NAME", "REDIS_CLIENT_NAME", "REDIS_CONNECTIONS",
            "REDIS_CONNECT_TIMEOUT_MILLIS", "REDIS_COMMAND_TIMEOUT_MILLIS",
        ], secrets: ["REDIS_URL", "REDIS_PASSWORD"])

    /// Reads the variables below (as keys: `redis.url`, `redis.password.file`, …).
    ///
    /// - `REDIS_URL`: `redis://`, `rediss://` (TLS) or `unix://`. What it names wins; what it leaves out comes from
    ///   the variables, so the password can stay in its file.
    /// - `REDIS_HOST` (127.0.0.1), `REDIS_PORT` (6379)
    /// - `REDIS_USERNAME` (`default`), `REDIS_PASSWORD` or `REDIS_PASSWORD_FILE`
    /// - `REDIS_DATABASE` (0)
    /// - `REDIS_TLS_ENABLED` (false), `REDIS_TLS_CA` (PEM file; the system's authorities), `REDIS_TLS_CERT` and
    ///   `REDIS_TLS_KEY` (client certificate), `REDIS_TLS_SERVER_NAME` (the host)
    /// - `REDIS_CLIENT_NAME` (`arc`), `REDIS_CONNECTIONS` (1, up to 64)
    /// - `REDIS_CONNECT_TIMEOUT_MILLIS` (1000), `REDIS_COMMAND_TIMEOUT_MILLIS` (1000): 1 to 600000
    /// - Parameter scope: What the keys are within: `message.bus` reads `MESSAGE_BUS_REDIS_URL` and so on.
    package init(reader: ConfigReader, scope: ConfigKey? = nil) throws(ConfigurationFailure) {
        self.init()
        func key(_ key: ConfigKey) -> ConfigKey { key.within(scope) }
        let text = try reader.secret(key("redis.url"))
        let url = text.flatMap { RedisURL($0) }
        guard (text == nil) == (url == nil) else {
            throw ConfigurationFailure(
                key: key("redis.url").environmentName,
                reason: "must be redis[s]://[user[:password]@]host[:port][/database]")
        }
        endpoint = try Self.endpoint(url: url, reader: reader, scope: scope)
        credentials = try Self.credentials(url: url, reader: reader, scope: scope)
        let number = try reader.integer(key("redis.database"), in: 0...65_535)
        database = url?.database ?? number ?? database
        let isTLSEnabled = try reader.flag(key("redis.tls.enabled"), default: false)
        if isTLSEnabled || url?.usesTLS == true {
            tls = try Self.tls(reader: reader, scope: scope)
        }
        clientName = reader.text(key("redis.client.name")) ?? clientName
        guard clientName?.utf8.allSatisfy({ (33...126).contains($0) }) ?? true else {
            throw ConfigurationFailure(
                key: key("redis.client.name").environmentName,
                reason: "must be printable ASCII characters without spaces")
        }
        connections = try reader.integer(key("redis.connections"), default: connections, in: 1...64)
        connectTimeout = try reader.milliseconds(key("redis.connect.timeout.millis"), in: 1...600_000) ?? connectTimeout
        commandTimeout = try reader.milliseconds(key("redis.command.timeout.millis"), in: 1...600_000) ?? commandTimeout
    }

    private static func endpoint(
        url: RedisURL?, reader: ConfigReader, scope: ConfigKey?
    ) throws(ConfigurationFailure) -> Endpoint {
        let port = try reader.integer(ConfigKey("redis.port").within(scope), in: 1...65_535)
        guard let url else {
            let host = reader.text(ConfigKey("redis.host").within(scope)) ?? "127.0.0.1"
            return .host(host, port: port ?? 6379)
        }
        if case .host(let host, _) = url.endpoint, !url.hasPort, let port { return .host(host, port: port) }
        return url.endpoint
    }

    private static func credentials(
        url: RedisURL?, reader: ConfigReader, scope: ConfigKey?
    ) throws(ConfigurationFailure) -> RedisCredentials? {
        let username = url?.username ?? reader.text(ConfigKey("redis.username").within(scope)) ?? "default"
        if let password = url?.password { return RedisCredentials(username: username, password: password) }
        return try reader.secret(ConfigKey("redis.password").within(scope))
            .map { RedisCredentials(username: username, password: RedisSecret($0)) }
    }

    private static func tls(reader: ConfigReader, scope: ConfigKey?) throws(ConfigurationFailure) -> RedisTLS {
        func key(_ name: ConfigKey) -> ConfigKey { name.within(scope) }
        var tls = RedisTLS(
            authorityFile: reader.text(key("redis.tls.ca")), certificateFile: reader.text(key("redis.tls.cert")),
            keyFile: reader.text(key("redis.tls.key")), serverName: reader.text(key("redis.tls.server.name")))
        tls.variables = .redis(scope.map { "\($0.environmentName)_" } ?? "")
        guard (tls.certificateFile == nil) == (tls.keyFile == nil) else {
            let names = [key("redis.tls.key").environmentName, key("redis.tls.cert").environmentName]
            let (missing, present) = tls.keyFile == nil ? (names[0], names[1]) : (names[1], names[0])
            throw ConfigurationFailure(key: missing, reason: "is missing: \(present) is set, and they belong together")
        }
        // Read once now: a wrong path should stop the start, not surface as a failed connection.
        for (name, file) in [
            ("redis.tls.ca", tls.authorityFile), ("redis.tls.cert", tls.certificateFile),
            ("redis.tls.key", tls.keyFile),
        ] as [(ConfigKey, String?)] {
            guard let file else { continue }
            try PEMFile(path: file, variable: key(name).environmentName).check()
        }
        guard (try? tls.context()) != nil else {
            throw ConfigurationFailure(
                key: key("redis.tls.ca").environmentName,
                reason:
                    "and \(key("redis.tls.cert").environmentName), \(key("redis.tls.key").environmentName) must be PEM "
                    + "files with certificates, and a key that belongs to them")
        }
        return tls
    }
}
