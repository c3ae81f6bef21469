import Configuration
import ConfigurationChecks

/// What the settings of a service say about the servers that it uses: which secrets it needs, and which connections are in clear.
struct DeploymentSettings {
    private let keys: ConfigurationKeys
    private let reader: ConfigReader

    init(keys: ConfigurationKeys, reader: ConfigReader) {
        self.keys = keys
        self.reader = reader
    }

    /// Which account a secret belongs to.
    func account(of name: String) -> String {
        if name.hasSuffix("DB_PASSWORD") {
            return "database role \(text(name.dropLast("PASSWORD".count) + "USER") ?? "")"
        }
        if ["REDIS_PASSWORD", "REDIS_URL", "REDIS_SENTINEL_PASSWORD"].contains(where: name.hasSuffix) {
            return "Redis"
        }
        return name.hasSuffix("SMTP_PASSWORD") ? "mail server" : name
    }

    /// Secrets that are needed and not there.
    /// - Parameter present: The names of those that are there.
    func missing(_ present: Set<String>) -> [ConfigurationFailure] {
        var missing: [ConfigurationFailure] = []
        if keys.names.contains("DATA_ENCRYPTION_KEY"), !present.contains("DATA_ENCRYPTION_KEY") {
            missing.append(
                ConfigurationFailure(
                    key: "DATA_ENCRYPTION_KEY",
                    reason:
                        "is not set, so that JWT_SECRET encrypts what is stored: set it to a new secret, and, if there "
                        + "is data already, DATA_DECRYPTION_KEYS to the present JWT_SECRET"))
        }
        let verifiesOtherwise = text("JWT_JWKS_FILE") != nil || text("JWT_JWKS_URL") != nil
        if keys.names.contains("JWT_ISSUER"), !present.contains("JWT_SECRET"), !verifiesOtherwise {
            missing.append(ConfigurationFailure(key: "JWT_SECRET", reason: "is not set: it signs and verifies tokens"))
        }
        for prefix in databases where !present.contains("\(prefix)_PASSWORD") {
            guard !isSocket(text("\(prefix)_HOST")), text("\(prefix)_SSLCERT") == nil else { continue }
            missing.append(
                ConfigurationFailure(
                    key: "\(prefix)_PASSWORD",
                    reason: "is not set: give the role \(text("\(prefix)_USER") ?? "") a password (or a client "
                        + "certificate, \(prefix)_SSLCERT)"))
        }
        for prefix in redisServers where present.isDisjoint(with: ["\(prefix)_PASSWORD", "\(prefix)_URL"]) {
            guard text("\(prefix)_TLS_CERT") == nil, !(text("\(prefix)_URL") ?? "").contains("unix://") else {
                continue
            }
            missing.append(
                ConfigurationFailure(
                    key: "\(prefix)_PASSWORD",
                    reason: "is not set: give Redis a password (`requirepass`, or an ACL user), or use a client "
                        + "certificate (\(prefix)_TLS_CERT)"))
        }
        return missing
    }

    /// Connections to other machines that somebody on the way can turn into clear text.
    func unprotectedConnections() -> [ConfigurationFailure] {
        databases.compactMap { prefix in
            let mode = text("\(prefix)_SSLMODE") ?? "prefer"
            guard mode == "prefer" || mode == "allow", !isLocal(text("\(prefix)_HOST")) else { return nil }
            return ConfigurationFailure(
                key: "\(prefix)_SSLMODE",
                reason: "is \(mode), so that the connection may be in clear text: set verify-full and "
                    + "\(prefix)_SSLROOTCERT (or disable, if the network itself is protected)")
        }
    }

    /// The databases that are in use, by the beginning of their variables.
    private var databases: [String] {
        ["DB", "MESSAGE_BUS_DB", "PROVISIONER_DB"].filter { prefix in
            guard keys.names.contains("\(prefix)_USER"), text("\(prefix)_USER") != nil else { return false }
            return prefix != "MESSAGE_BUS_DB" || (text("EVENT_CONNECTOR") ?? "postgres") == "postgres"
        }
    }

    private var redisServers: [String] {
        ["REDIS", "MESSAGE_BUS_REDIS"].filter { prefix in
            let busUsesRedis = text("EVENT_CONNECTOR") == "bullmq"
            guard prefix == "REDIS" else { return busUsesRedis && busHasOwnRedis }
            // Services with rate limits have a cache there, too. The bus uses that Redis unless it has one of its own.
            let hasCache = keys.names.contains("RATE_LIMIT_KEY_PREFIX")
            return hasCache || (busUsesRedis && !busHasOwnRedis)
        }
    }

    private var busHasOwnRedis: Bool {
        ["HOST", "URL", "URL_FILE", "SENTINELS"].contains { text("MESSAGE_BUS_REDIS_\($0)") != nil }
    }

    private func isSocket(_ host: String?) -> Bool { host?.hasPrefix("/") ?? false }

    private func isLocal(_ hosts: String?) -> Bool {
        (hosts ?? "127.0.0.1").split(separator: ",").allSatisfy { host in
            host.hasPrefix("/") || host.hasPrefix("127.") || host == "::1" || host == "localhost"
        }
    }

    private func text(_ name: some StringProtocol) -> String? {
        reader.text(ConfigKey(environmentName: name))
    }
}
