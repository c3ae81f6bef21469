package import Configuration

/// A configuration value that cannot be used. Names the variable, never shows the value.
package struct RedisConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The environment variable.
    package let variable: String
    /// What is expected of it.
    package let expectation: String

    /// Variable and expectation.
    package var description: String { "\(variable): \(expectation)" }
}

extension RedisConfiguration {
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
    package init(reader: ConfigReader) throws(RedisConfigurationError) {
        let values = Values(reader: reader)
        self.init()
        let text = values.text("redis.url", isSecret: true)
        let url = text.flatMap { RedisURL($0) }
        guard (text == nil) == (url == nil) else {
            throw RedisConfigurationError(
                variable: "REDIS_URL", expectation: "expected redis[s]://[user[:password]@]host[:port][/database]")
        }
        endpoint = try Self.endpoint(url: url, values: values)
        credentials = try Self.credentials(url: url, values: values)
        let number = try values.integer("redis.database", 0...65_535)
        database = url?.database ?? number ?? database
        let isTLSEnabled = try values.boolean("redis.tls.enabled") ?? false
        if isTLSEnabled || url?.usesTLS == true {
            tls = try Self.tls(values: values)
        }
        clientName = values.text("redis.client.name") ?? clientName
        guard clientName?.utf8.allSatisfy({ (33...126).contains($0) }) ?? true else {
            throw RedisConfigurationError(
                variable: "REDIS_CLIENT_NAME", expectation: "expected printable ASCII without spaces")
        }
        connections = try values.integer("redis.connections", 1...64) ?? connections
        if let milliseconds = try values.integer("redis.connect.timeout.millis", 1...600_000) {
            connectTimeout = .milliseconds(milliseconds)
        }
        if let milliseconds = try values.integer("redis.command.timeout.millis", 1...600_000) {
            commandTimeout = .milliseconds(milliseconds)
        }
    }

    private static func endpoint(url: RedisURL?, values: Values) throws(RedisConfigurationError) -> Endpoint {
        let port = try values.integer("redis.port", 1...65_535)
        guard let url else { return .host(values.text("redis.host") ?? "127.0.0.1", port: port ?? 6379) }
        if case .host(let host, _) = url.endpoint, !url.hasPort, let port { return .host(host, port: port) }
        return url.endpoint
    }

    private static func credentials(
        url: RedisURL?, values: Values
    ) throws(RedisConfigurationError) -> RedisCredentials? {
        let username = url?.username ?? values.text("redis.username") ?? "default"
        if let password = url?.password { return RedisCredentials(username: username, password: password) }
        if let path = values.text("redis.password.file") {
            guard let password = RedisSecret(file: path) else {
                throw RedisConfigurationError(variable: "REDIS_PASSWORD_FILE", expectation: "the file cannot be read")
            }
            return RedisCredentials(username: username, password: password)
        }
        return values.text("redis.password", isSecret: true)
            .map { RedisCredentials(username: username, password: RedisSecret($0)) }
    }

    private static func tls(values: Values) throws(RedisConfigurationError) -> RedisTLS {
        let tls = RedisTLS(
            authorityFile: values.text("redis.tls.ca"), certificateFile: values.text("redis.tls.cert"),
            keyFile: values.text("redis.tls.key"), serverName: values.text("redis.tls.server.name"))
        guard (tls.certificateFile == nil) == (tls.keyFile == nil) else {
            throw RedisConfigurationError(
                variable: "REDIS_TLS_CERT", expectation: "needs REDIS_TLS_KEY, and the other way round")
        }
        // Read once now: a wrong path should stop the start, not surface as a failed connection.
        guard (try? tls.context()) != nil else {
            throw RedisConfigurationError(
                variable: "REDIS_TLS_CA, REDIS_TLS_CERT, REDIS_TLS_KEY", expectation: "the PEM files cannot be read")
        }
        return tls
    }
}

/// Values that are refused when they are malformed: the reader itself would silently fall back to the default.
/// An empty value counts as absent, as Docker Compose passes unset variables.
private struct Values {
    let reader: ConfigReader

    func text(_ key: ConfigKey, isSecret: Bool = false) -> String? {
        guard let text = reader.string(forKey: key, isSecret: isSecret), !text.isEmpty else { return nil }
        return text
    }

    func integer(_ key: ConfigKey, _ range: ClosedRange<Int>) throws(RedisConfigurationError) -> Int? {
        let text = text(key)
        guard text != nil || reader.int(forKey: key) != nil else { return nil }
        guard let value = text.map({ Int($0) }) ?? reader.int(forKey: key), range.contains(value) else {
            throw error(key, "expected an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func boolean(_ key: ConfigKey) throws(RedisConfigurationError) -> Bool? {
        guard let text = text(key) else { return reader.bool(forKey: key) }
        switch text.lowercased() {
        case "true", "1", "yes", "on": return true
        case "false", "0", "no", "off": return false
        default: throw error(key, "expected true or false")
        }
    }

    private func error(_ key: ConfigKey, _ expectation: String) -> RedisConfigurationError {
        RedisConfigurationError(
            variable: key.components.joined(separator: "_").uppercased(), expectation: expectation)
    }
}
