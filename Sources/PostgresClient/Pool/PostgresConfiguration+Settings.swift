package import ConfigurationChecks

extension PostgresConfiguration {
    /// The settings of a connection; those of another database have a prefix.
    package enum Settings {
        static let host = Setting.text(
            "DB_HOST", default: "127.0.0.1", values: "a name, an address or the folder of a socket",
            "The server; several are separated by commas")
        static let port = Setting.text(
            "DB_PORT", default: "5432", values: "an integer from 1 to 65535, or several separated by commas",
            "One port, or as many as there are hosts", isValid: isPortList)
        static let user = Setting.required("DB_USER", "The role of the service, which owns nothing")
        static let password = Setting.secret("DB_PASSWORD", "Its password")
        static let database = Setting.required("DB_DATABASE", "Name of the database")
        static let schema = Setting.text("DB_SCHEMA", default: "main", "Schema of the service's tables")
        static let tlsMode = Setting<TLSMode>.choice(
            "DB_SSLMODE", default: .prefer,
            "TLS as in libpq: `require` (encrypted, but anybody can be the server), `verify-ca` (signed by an authority of `DB_SSLROOTCERT`) or `verify-full` (and made out to `DB_HOST`); `allow` and `prefer` fall back to clear text"
        )
        static let rootCertificate = Setting.optionalText(
            "DB_SSLROOTCERT", values: "path of a PEM file", "Trusted authorities")
        static let clientCertificate = Setting.optionalText(
            "DB_SSLCERT", values: "path of a PEM file", "Certificate of the client, together with `DB_SSLKEY`")
        static let clientKey = Setting.optionalText(
            "DB_SSLKEY", values: "path of a PEM file", "Key of the client, which nobody else may read")
        static let targetServer = Setting<TargetServer?>.optionalChoice(
            "DB_TARGET_SESSION_ATTRS", unset: "any (several hosts: read-write)", "Which server will do, as in libpq")
        static let listenHost = Setting.optionalText(
            "DB_LISTEN_HOST", unset: "`DB_HOST`", values: "as of `DB_HOST`",
            "The server for connections that listen for notifications, which do not pass PgBouncer in transaction mode")
        static let listenPort = Setting.optionalText(
            "DB_LISTEN_PORT", unset: "`DB_PORT`", values: "as of `DB_PORT`", "Its port", isValid: isPortList)
        static let applicationName = Setting.optionalText(
            "DB_APPLICATION_NAME", unset: "arc", "`application_name` of the connections")
        static let maximumConnections = Setting.integer(
            "DB_MAX_CONNECTIONS", default: 10, in: 1...1000,
            "Connections of the pool; lists, counts, searches and bulk changes use at most half of it. A service has up to five more connections: two for the outbox relay, one each for the readiness check and for changes of cached rows, one that listens"
        )
        static let maximumWaiters = Setting.integer(
            "DB_MAX_WAITERS", default: 1000, in: 0...100_000, "Requests that may wait for a connection; then 503")
        static let connectionTimeout = Setting.duration(
            "DB_CONNECTION_TIMEOUT_MILLIS", default: 2000, in: 1...600_000,
            "Time to connect, and to wait for a connection"
        )
        static let networkTimeout = Setting.duration(
            "DB_NETWORK_TIMEOUT_MILLIS", default: 10_000, in: 2000...600_000,
            "Time after which the machine of the server counts as lost if it acknowledges nothing")
        static let idleTimeout = Setting.duration(
            "DB_IDLE_TIMEOUT_MILLIS", default: 60_000, in: 1...86_400_000,
            "Time after which idle connections are closed")
        static let maximumAge = Setting.duration(
            "DB_MAX_AGE_MILLIS", default: 1_800_000, in: 1000...86_400_000, "Age at which connections are replaced")
        package static let statementTimeout = Setting.duration(
            "DB_STATEMENT_TIMEOUT_MILLIS", default: 10_000, in: 0...86_400_000, "Longest statement; 0: no limit")
        package static let lockTimeout = Setting.duration(
            "DB_LOCK_TIMEOUT_MILLIS", default: 5000, in: 0...86_400_000, "Longest wait for a lock; 0: no limit")
        static let idleInTransactionTimeout = Setting.duration(
            "DB_IDLE_IN_TRANSACTION_TIMEOUT_MILLIS", default: 10_000, in: 0...86_400_000,
            "Longest pause within a transaction; 0: no limit")
        static let searchTimeout = Setting.duration(
            "DB_SEARCH_TIMEOUT_MILLIS", default: 4000, in: 1...86_400_000,
            "Longest statement of lists, counts and searches; 503 `TIMEOUT` after that")
        static let patternTimeout = Setting.duration(
            "DB_PATTERN_TIMEOUT_MILLIS", default: 1000, in: 1...86_400_000,
            "Longest statement with a regular expression (`regexp`); 503 `TIMEOUT` after that")
        static let usesPreparedStatements = Setting.flag(
            "DB_PREPARED_STATEMENTS", default: true,
            "Whether statements are prepared; `false` behind PgBouncer in transaction mode")
        static let statementCacheSize = Setting.integer(
            "DB_STATEMENT_CACHE_SIZE", default: 256, in: 1...10_000, "Prepared statements that each connection keeps")
        static let migrationUser = Setting.optionalText(
            "DB_MIGRATION_USER", unset: "`DB_USER`", "The role that owns the tables")
        static let migrationPassword = Setting.secret(
            "DB_MIGRATION_PASSWORD", unset: "`DB_PASSWORD`", "Its password")

        private static func isPortList(_ text: String) -> Bool {
            text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { port in
                Int(port).map { (1...65_535).contains($0) } ?? false
            }
        }
    }

    package static let configurationKeys = ConfigurationKeys(
        "database",
        [
            Settings.host, Settings.port, Settings.user, Settings.password, Settings.database, Settings.schema,
            Settings.tlsMode, Settings.rootCertificate, Settings.clientCertificate, Settings.clientKey,
            Settings.targetServer, Settings.listenHost, Settings.listenPort, Settings.maximumConnections,
            Settings.maximumWaiters, Settings.connectionTimeout, Settings.networkTimeout, Settings.idleTimeout,
            Settings.maximumAge, Settings.statementTimeout, Settings.lockTimeout,
            Settings.idleInTransactionTimeout, Settings.searchTimeout, Settings.patternTimeout,
            Settings.usesPreparedStatements, Settings.statementCacheSize, Settings.applicationName,
        ])

    /// The role that changes the tables, for commands.
    package static let migrationKeys = ConfigurationKeys(
        "migrations", [Settings.migrationUser, Settings.migrationPassword])
}
