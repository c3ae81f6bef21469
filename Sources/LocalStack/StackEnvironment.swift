/// The environment of every child that runs `arc`: the only place that knows the names.
///
/// What the user has set wins, with one exception: the addresses and credentials of the two private servers and each
/// service's `PORT`. `arc up` owns those servers, and one `DB_DATABASE` or `PORT` for three services can't be right.
package struct StackEnvironment: Sendable {
    /// The user's variables.
    package let inherited: [String: String]
    /// Ports and secrets.
    package let state: StackState
    /// Folder of the mails.
    package let outboxFolder: String
    /// Swagger UI's files, nil when they were not installed.
    package let explorerAssets: String?

    /// Takes what differs from stack to stack.
    package init(inherited: [String: String], state: StackState, outboxFolder: String, explorerAssets: String?) {
        self.inherited = inherited
        self.state = state
        self.outboxFolder = outboxFolder
        self.explorerAssets = explorerAssets
    }

    /// The address that the services listen on: `HOST`, or 127.0.0.1.
    package var host: String { Self.value("HOST", in: inherited) ?? "127.0.0.1" }

    /// The address under which the services are reached from this machine.
    package var reachableHost: String { LoopbackClient.reachable(host) }

    /// The port of a service.
    /// - Throws: `.invalidPort`.
    package func port(of service: StackService) throws(LocalStackError) -> UInt16 {
        guard let text = Self.value(service.portVariable, in: inherited) else { return service.defaultPort }
        guard let port = UInt16(text), port > 0 else { throw .invalidPort(variable: service.portVariable, value: text) }
        return port
    }

    /// The address of a service for people and for other services.
    package func url(of service: StackService) throws(LocalStackError) -> String {
        "http://\(LoopbackClient.authority(host: reachableHost, port: try port(of: service)))"
    }

    /// The environment of `arc serve <service>`.
    package func variables(for service: StackService) throws(LocalStackError) -> [String: String] {
        var ours = database(service.database, role: service.database.runtime, prefix: "DB")
        ours.merge(database(DatabasePlan.messageBus, role: DatabasePlan.messageBus.runtime, prefix: "MESSAGE_BUS_DB")) {
            $1
        }
        ours["DB_SCHEMA"] = DatabasePlan.schema
        ours["REDIS_HOST"] = "127.0.0.1"
        ours["REDIS_PORT"] = "\(state.redisPort)"
        ours["REDIS_PASSWORD"] = state.redisPassword
        ours["REDIS_DATABASE"] = "\(service.redisDatabase)"
        ours["PORT"] = "\(try port(of: service))"
        if service == .orchestrator {
            ours.merge(database(DatabasePlan.application, role: DatabasePlan.provisioner, prefix: "PROVISIONER_DB")) {
                $1
            }
        }
        return merged(try defaults(), owned: ours)
    }

    /// The environment of `arc migrate up` for a database: both roles, the owner as the one that migrates.
    package func migrationVariables(for database: DatabasePlan.Database) -> [String: String] {
        var ours = self.database(database, role: database.runtime ?? database.owner, prefix: "DB")
        ours["DB_SCHEMA"] = DatabasePlan.schema
        ours["DB_MIGRATION_USER"] = database.owner
        ours["DB_MIGRATION_PASSWORD"] = state.password(of: database.owner)
        return merged(["LOG_LEVEL": "warning"], owned: ours)
    }

    /// The environment of commands that work on a database: the database as its owner, and the keys of the services.
    package func keyVariables(for database: DatabasePlan.Database) -> [String: String] {
        var keys = ["JWT_SECRET": state.jwtSecret, "ARC_ENV": "development"]
        keys["DATA_ENCRYPTION_KEY"] = state.dataEncryptionKey
        return migrationVariables(for: database).merging(merged(keys, owned: [:])) { first, _ in first }
    }

    /// The environment of `arc token`: only what it needs to sign the token.
    package func tokenVariables() -> [String: String] {
        merged(["JWT_SECRET": state.jwtSecret, "JWT_ISSUER": "arc", "SYSTEM_USER_ID": state.systemUserID], owned: [:])
    }

    /// Names that the user has set and that `arc up` passes over, for a warning.
    package var ignoredNames: [String] {
        inherited.keys.filter { Self.isOwned($0) }.sorted()
    }

    /// Values that the user's own win over.
    private func defaults() throws(LocalStackError) -> [String: String] {
        var defaults = [
            "HOST": "127.0.0.1",
            "ARC_ENV": "development",
            "JWT_SECRET": state.jwtSecret,
            "JWT_ISSUER": "arc",
            "SYSTEM_USER_ID": state.systemUserID,
            "EVENT_CONNECTOR": "postgres",
            "NOTIFICATION_TRANSPORT": "file",
            "NOTIFICATION_OUTBOX_PATH": outboxFolder,
            "TENANT_MANAGEMENT_URL": try url(of: .tenantManagement),
            "LOG_LEVEL": "info",
        ]
        defaults["EXPLORER_ASSETS_PATH"] = explorerAssets
        defaults["DATA_ENCRYPTION_KEY"] = state.dataEncryptionKey
        return defaults
    }

    private func database(_ database: DatabasePlan.Database, role: String?, prefix: String) -> [String: String] {
        let role = role ?? database.owner
        return [
            "\(prefix)_HOST": "127.0.0.1", "\(prefix)_PORT": "\(state.postgresPort)", "\(prefix)_USER": role,
            "\(prefix)_PASSWORD": state.password(of: role), "\(prefix)_DATABASE": database.name,
        ]
    }

    private func merged(_ defaults: [String: String], owned: [String: String]) -> [String: String] {
        var variables = inherited.filter { !Self.isOwned($0.key) }
        for (name, value) in defaults
        where Self.value(name, in: inherited) == nil && Self.value("\(name)_FILE", in: inherited) == nil {
            variables[name] = value
        }
        return variables.merging(owned) { $1 }
    }

    /// An empty variable counts as not set.
    private static func value(_ name: String, in variables: [String: String]) -> String? {
        variables[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Whether a variable says where a private server is or how to enter it. Everything else about them (pool sizes,
    /// timeouts) stays the user's.
    private static func isOwned(_ name: String) -> Bool {
        if name == "PORT" { return true }
        let addresses: Set<Substring> = [
            "HOST", "PORT", "USER", "USERNAME", "PASSWORD", "PASSWORD_FILE", "DATABASE", "SCHEMA", "SSLMODE",
            "SSLROOTCERT", "SSLCERT", "SSLKEY", "LISTEN_HOST", "LISTEN_PORT", "URL", "URL_FILE", "MIGRATION_USER",
            "MIGRATION_PASSWORD", "MIGRATION_PASSWORD_FILE", "TLS_ENABLED", "TLS_CA",
        ]
        return ["DB_", "MESSAGE_BUS_DB_", "PROVISIONER_DB_", "REDIS_"].contains { prefix in
            name.hasPrefix(prefix) && addresses.contains(name.dropFirst(prefix.count))
        }
    }
}
