package import Configuration
package import ConfigurationChecks

extension PostgresConfiguration {
    /// The settings of a connection; those of another database have a prefix.
    package static let configurationKeys = ConfigurationKeys(
        [
            "DB_HOST", "DB_PORT", "DB_USER", "DB_DATABASE", "DB_SCHEMA", "DB_SSLMODE", "DB_SSLROOTCERT",
            "DB_SSLCERT", "DB_SSLKEY",
            "DB_TARGET_SESSION_ATTRS", "DB_APPLICATION_NAME", "DB_MAX_CONNECTIONS", "DB_MAX_WAITERS",
            "DB_CONNECTION_TIMEOUT_MILLIS", "DB_IDLE_TIMEOUT_MILLIS", "DB_MAX_AGE_MILLIS",
            "DB_STATEMENT_TIMEOUT_MILLIS", "DB_SEARCH_TIMEOUT_MILLIS", "DB_PATTERN_TIMEOUT_MILLIS",
            "DB_LOCK_TIMEOUT_MILLIS", "DB_IDLE_IN_TRANSACTION_TIMEOUT_MILLIS", "DB_PREPARED_STATEMENTS",
            "DB_STATEMENT_CACHE_SIZE",
        ], secrets: ["DB_PASSWORD"])

    /// Reads a configuration.
    ///
    /// | key | environment | default | range |
    /// |---|---|---|---|
    /// | `db.host` | `DB_HOST` | `127.0.0.1` | names separated by commas |
    /// | `db.port` | `DB_PORT` | `5432` | 1 … 65535, one or as many as hosts |
    /// | `db.user` | `DB_USER` | required | |
    /// | `db.password` | `DB_PASSWORD` | none | secret |
    /// | `db.password.file` | `DB_PASSWORD_FILE` | none | file that holds the password |
    /// | `db.database` | `DB_DATABASE` | required | |
    /// | `db.schema` | `DB_SCHEMA` | `main` | |
    /// | `db.sslmode` | `DB_SSLMODE` | `prefer` | `TLSMode` |
    /// | `db.sslrootcert` | `DB_SSLROOTCERT` | none | file |
    /// | `db.sslcert`, `db.sslkey` | `DB_SSLCERT`, `DB_SSLKEY` | none | files, both or none |
    /// | `db.target.session.attrs` | `DB_TARGET_SESSION_ATTRS` | `any`; several hosts: `read-write` | `TargetServer` |
    /// | `db.application.name` | `DB_APPLICATION_NAME` | argument | |
    /// | `db.max.connections` | `DB_MAX_CONNECTIONS` | 10 | 1 … 1000 |
    /// | `db.max.waiters` | `DB_MAX_WAITERS` | 1000 | 0 … 100000 |
    /// | `db.connection.timeout.millis` | `DB_CONNECTION_TIMEOUT_MILLIS` | 2000 | 1 … 600000 |
    /// | `db.idle.timeout.millis` | `DB_IDLE_TIMEOUT_MILLIS` | 60000 | 1 … 86400000 |
    /// | `db.max.age.millis` | `DB_MAX_AGE_MILLIS` | 1800000 | 1000 … 86400000 |
    /// | `db.statement.timeout.millis` | `DB_STATEMENT_TIMEOUT_MILLIS` | 10000 | 0 … 86400000, 0: none |
    /// | `db.search.timeout.millis` | `DB_SEARCH_TIMEOUT_MILLIS` | 4000 | 1 … 86400000; lists, counts and searches |
    /// | `db.pattern.timeout.millis` | `DB_PATTERN_TIMEOUT_MILLIS` | 1000 | 1 … 86400000; regular expressions |
    /// | `db.lock.timeout.millis` | `DB_LOCK_TIMEOUT_MILLIS` | 5000 | as above |
    /// | `db.idle.in.transaction.timeout.millis` | `DB_IDLE_IN_TRANSACTION_TIMEOUT_MILLIS` | 10000 | as above |
    /// | `db.prepared.statements` | `DB_PREPARED_STATEMENTS` | `true` | `false` behind PgBouncer |
    /// | `db.statement.cache.size` | `DB_STATEMENT_CACHE_SIZE` | 256 | 1 … 10000 |
    ///
    /// - Parameters:
    ///   - scope: A prefix of every key: with `message.bus`, `MESSAGE_BUS_DB_HOST` and so on are read.
    ///   - role: Where the user and the password are: with `db.migration`, in `DB_MIGRATION_USER` and
    ///     `DB_MIGRATION_PASSWORD`.
    /// - Throws: `ConfigurationFailure` that names the variable and what it should be.
    package init(
        reader: ConfigReader, scope: ConfigKey? = nil, role: ConfigKey = "db", applicationName: String = "arc"
    ) throws(ConfigurationFailure) {
        func key(_ name: ConfigKey) -> ConfigKey { name.within(scope) }
        func milliseconds(
            _ name: ConfigKey, from lowerBound: Int = 0, to upperBound: Int = 86_400_000
        ) throws(ConfigurationFailure) -> Duration? {
            try reader.milliseconds(key(name), in: lowerBound...upperBound)
        }
        let host = reader.text(key("db.host")) ?? "127.0.0.1"
        let port = reader.text(key("db.port")) ?? "5432"
        try Self.check(port: port, key("db.port"), host: host, key("db.host"))
        let clientCertificate = try Self.pemFile(key("db.sslcert"), reader)
        let clientKey = try Self.pemFile(key("db.sslkey"), reader)
        guard (clientCertificate == nil) == (clientKey == nil) else {
            let names = [key("db.sslcert").environmentName, key("db.sslkey").environmentName]
            let (missing, present) = clientKey == nil ? (names[1], names[0]) : (names[0], names[1])
            throw ConfigurationFailure(key: missing, reason: "is missing: \(present) is set, and they belong together")
        }
        self.init(
            host: host,
            port: port,
            user: try reader.required(ConfigKey("user").within(role).within(scope)),
            password: try reader.secret(ConfigKey("password").within(role).within(scope)),
            database: try reader.required(key("db.database")),
            schema: reader.text(key("db.schema")) ?? "main",
            tlsMode: try reader.choice(key("db.sslmode")) ?? .prefer,
            // libpq reads it for each connection, so it may still be on its way.
            rootCertificate: reader.text(key("db.sslrootcert")),
            clientCertificate: clientCertificate,
            clientKey: clientKey,
            targetServer: try reader.choice(key("db.target.session.attrs")),
            applicationName: reader.text(key("db.application.name")) ?? applicationName,
            maximumConnections: try reader.integer(key("db.max.connections"), default: 10, in: 1...1000),
            maximumWaiters: try reader.integer(key("db.max.waiters"), default: 1000, in: 0...100_000),
            connectionTimeout: try milliseconds("db.connection.timeout.millis", from: 1, to: 600_000) ?? .seconds(2),
            idleTimeout: try milliseconds("db.idle.timeout.millis", from: 1) ?? .seconds(60),
            maximumAge: try milliseconds("db.max.age.millis", from: 1000) ?? .seconds(1800),
            statementTimeout: try milliseconds("db.statement.timeout.millis") ?? .seconds(10),
            searchTimeout: try milliseconds("db.search.timeout.millis", from: 1) ?? .seconds(4),
            patternTimeout: try milliseconds("db.pattern.timeout.millis", from: 1) ?? .seconds(1),
            lockTimeout: try milliseconds("db.lock.timeout.millis") ?? .seconds(5),
            idleInTransactionTimeout: try milliseconds("db.idle.in.transaction.timeout.millis") ?? .seconds(10),
            usesPreparedStatements: try reader.flag(key("db.prepared.statements"), default: true),
            statementCacheSize: try reader.integer(key("db.statement.cache.size"), default: 256, in: 1...10_000))
        tlsVariables = .postgres(ConfigKey("db").within(scope).environmentName)
    }

    private static func pemFile(_ key: ConfigKey, _ reader: ConfigReader) throws(ConfigurationFailure) -> String? {
        guard let path = reader.text(key) else { return nil }
        try PEMFile(path: path, variable: key.environmentName).check()
        return path
    }

    private static func check(
        port: String, _ portKey: ConfigKey, host: String, _ hostKey: ConfigKey
    ) throws(ConfigurationFailure) {
        let ports = port.split(separator: ",", omittingEmptySubsequences: false)
        let hosts = host.split(separator: ",", omittingEmptySubsequences: false)
        for text in ports {
            guard let number = Int(text), (1...65535).contains(number) else {
                throw portKey.failure(port, "an integer from 1 to 65535, or several separated by commas")
            }
        }
        guard ports.count == 1 || ports.count == hosts.count else {
            throw portKey.failure(port, "one port, or as many as \(hostKey.environmentName) names hosts")
        }
    }
}
