package import Configuration
package import ConfigurationChecks

extension PostgresConfiguration {
    /// Whose user and password log in.
    package enum Role: Sendable {
        /// `DB_USER` and `DB_PASSWORD`.
        case service
        /// `DB_MIGRATION_USER` and `DB_MIGRATION_PASSWORD`.
        case migration
    }

    /// The role that owns the tables: the service's unless there is another one.
    package static func migrationRole(reader: ConfigReader) throws(ConfigurationFailure) -> Role {
        try reader.value(Settings.migrationUser) == nil ? .service : .migration
    }

    /// Reads a configuration.
    /// - Parameter prefix: With `MESSAGE_BUS`, `MESSAGE_BUS_DB_HOST` and so on are read.
    /// - Throws: `ConfigurationFailure` that names the variable and what it should be.
    package init(
        reader: ConfigReader, prefix: String? = nil, role: Role = .service, applicationName: String = "arc"
    ) throws(ConfigurationFailure) {
        func value<Value>(_ setting: Setting<Value>) throws(ConfigurationFailure) -> Value {
            try reader.value(setting.within(prefix))
        }
        let host = try value(Settings.host)
        let port = try value(Settings.port)
        let listenHost = try value(Settings.listenHost)
        let listenPort = try value(Settings.listenPort)
        let names = (
            host: Settings.host.within(prefix).description.name, port: Settings.port.within(prefix).description.name,
            listenHost: Settings.listenHost.within(prefix).description.name,
            listenPort: Settings.listenPort.within(prefix).description.name
        )
        try Self.check(port: port, of: names.port, host: host, of: names.host)
        try Self.check(
            port: listenPort ?? port, of: listenPort == nil ? names.port : names.listenPort,
            host: listenHost ?? host, of: listenHost == nil ? names.host : names.listenHost)
        let clientCertificate = try Self.pemFile(Settings.clientCertificate.within(prefix), reader)
        let clientKey = try Self.pemFile(Settings.clientKey.within(prefix), reader)
        guard (clientCertificate == nil) == (clientKey == nil) else {
            let names = [Settings.clientCertificate, Settings.clientKey].map { $0.within(prefix).description.name }
            let (missing, present) = clientKey == nil ? (names[1], names[0]) : (names[0], names[1])
            throw ConfigurationFailure(key: missing, reason: "is missing: \(present) is set, and they belong together")
        }
        let login = try Self.login(role, prefix: prefix, reader: reader)
        self.init(
            host: host,
            port: port,
            user: login.user,
            password: login.password,
            database: try value(Settings.database),
            schema: try value(Settings.schema),
            tlsMode: try value(Settings.tlsMode),
            // libpq reads it for each connection, so it may still be on its way.
            rootCertificate: try value(Settings.rootCertificate),
            clientCertificate: clientCertificate,
            clientKey: clientKey,
            targetServer: try value(Settings.targetServer),
            listenHost: listenHost,
            listenPort: listenPort,
            applicationName: try value(Settings.applicationName) ?? applicationName,
            maximumConnections: try value(Settings.maximumConnections),
            maximumWaiters: try value(Settings.maximumWaiters),
            connectionTimeout: try value(Settings.connectionTimeout),
            networkTimeout: try value(Settings.networkTimeout),
            idleTimeout: try value(Settings.idleTimeout),
            maximumAge: try value(Settings.maximumAge),
            statementTimeout: try value(Settings.statementTimeout),
            searchTimeout: try value(Settings.searchTimeout),
            patternTimeout: try value(Settings.patternTimeout),
            lockTimeout: try value(Settings.lockTimeout),
            idleInTransactionTimeout: try value(Settings.idleInTransactionTimeout),
            usesPreparedStatements: try value(Settings.usesPreparedStatements),
            statementCacheSize: try value(Settings.statementCacheSize))
        tlsVariables = .postgres([prefix, "DB"].compactMap(\.self).joined(separator: "_"))
    }

    /// Finds out whether a configuration can be read, and names everything that is missing.
    package static func check(_ reader: ConfigReader, prefix: String? = nil) throws(ConfigurationFailure) {
        var mistakes = ConfigurationMistakes()
        for setting in [Settings.user, Settings.database] {
            _ = mistakes.read { () throws(ConfigurationFailure) in try reader.value(setting.within(prefix)) }
        }
        _ = mistakes.read { () throws(ConfigurationFailure) in
            try PostgresConfiguration(reader: reader, prefix: prefix)
        }
        try mistakes.check()
    }

    private static func login(
        _ role: Role, prefix: String?, reader: ConfigReader
    ) throws(ConfigurationFailure) -> (user: String, password: String?) {
        switch role {
        case .service:
            return (
                try reader.value(Settings.user.within(prefix)), try reader.value(Settings.password.within(prefix))
            )
        case .migration:
            guard let user = try reader.value(Settings.migrationUser) else {
                throw ConfigurationFailure(key: Settings.migrationUser.description.name, reason: "is missing")
            }
            return (user, try reader.value(Settings.migrationPassword))
        }
    }

    private static func pemFile(
        _ setting: Setting<String?>, _ reader: ConfigReader
    ) throws(ConfigurationFailure) -> String? {
        guard let path = try reader.value(setting) else { return nil }
        try PEMFile(path: path, variable: setting.description.name).check()
        return path
    }

    private static func check(
        port: String, of portName: String, host: String, of hostName: String
    ) throws(ConfigurationFailure) {
        let ports = port.split(separator: ",", omittingEmptySubsequences: false)
        let hosts = host.split(separator: ",", omittingEmptySubsequences: false)
        guard ports.count == 1 || ports.count == hosts.count else {
            throw ConfigurationFailure(
                key: portName, reason: "is \"\(port)\", but must be one port, or as many as \(hostName) names hosts")
        }
    }
}
