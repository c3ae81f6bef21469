package import Configuration
package import ConfigurationChecks

/// What secrets must be like outside development. `arc serve` refuses to start with others and names all of them at once.
package enum SecretPolicy {
    /// Who has made a secret.
    enum Kind: Sendable, Hashable {
        /// The operator, as a key for cryptography.
        case key
        /// The operator, together with somebody who sends it.
        case shared
        /// The operator, for an account of the operator's own servers.
        case password
        /// Somebody else's system, by that system's rules.
        case issued
        /// It only opens what is old, or it is text with secrets in it that others have issued.
        case unchecked
    }

    /// Every secret of every service; a test compares.
    static let kinds: [String: Kind] = [
        "JWT_SECRET": .key, "DATA_ENCRYPTION_KEY": .key, "DATA_DECRYPTION_KEYS": .unchecked,
        "ENTITLEMENT_SIGNING_KEYS": .key, "API_KEY_SECRET": .key, "API_KEY_PREVIOUS_SECRET": .unchecked,
        "SWAGGER_PASSWORD": .password,
        "EVENT_SIGNING_SECRET": .shared, "EVENT_BRIDGE_API_KEY": .shared, "METRICS_TOKEN": .shared,
        "DB_PASSWORD": .password, "MESSAGE_BUS_DB_PASSWORD": .password, "PROVISIONER_DB_PASSWORD": .password,
        "REDIS_PASSWORD": .password, "MESSAGE_BUS_REDIS_PASSWORD": .password, "WEBHOOK_PASSWORD": .password,
        "REDIS_SENTINEL_PASSWORD": .password, "MESSAGE_BUS_REDIS_SENTINEL_PASSWORD": .password,
        // The passwords in them.
        "REDIS_URL": .password, "MESSAGE_BUS_REDIS_URL": .password,
        "SMTP_PASSWORD": .issued, "AWS_SES_SMTP_PASSWORD": .issued, "AUTH0_CLIENT_SECRET": .issued,
        "KEYCLOAK_ADMIN_PASSWORD": .issued, "OIDC_CLIENT_SECRET": .issued, "AWS_SECRET_ACCESS_KEY": .issued,
        "STRIPE_SECRET_KEY": .issued, "STRIPE_WEBHOOK_SECRET": .issued, "CHARGEBEE_API_KEY": .issued,
        "CHARGEBEE_WEBHOOK_PASSWORD": .password,
        "AWS_SESSION_TOKEN": .issued, "AWS_CONTAINER_AUTHORIZATION_TOKEN": .issued,
        "OTEL_EXPORTER_OTLP_HEADERS": .unchecked, "OTEL_EXPORTER_OTLP_TRACES_HEADERS": .unchecked,
    ]

    /// What is wrong with the secrets of a service.
    /// - Parameter keys: Everything that the service reads.
    /// - Throws: `ConfigurationFailure` when the file of a secret cannot be read.
    package static func problems(
        _ keys: ConfigurationKeys, reader: ConfigReader
    ) throws(ConfigurationFailure) -> [ConfigurationFailure] {
        var secrets: [(name: String, value: String)] = []
        for name in keys.secrets.sorted() {
            guard let value = try reader.secret(ConfigKey(environmentName: name)) else { continue }
            guard name.hasSuffix("REDIS_URL") else {
                secrets.append((name, value))
                continue
            }
            if let password = password(inURL: value) { secrets.append((name, password)) }
        }
        let settings = DeploymentSettings(keys: keys, reader: reader)
        return weaknesses(secrets) + repetitions(secrets, settings) + settings.missing(Set(secrets.map(\.name)))
            + settings.unprotectedConnections()
    }

    private static func password(inURL url: String) -> String? {
        guard let start = url.firstRange(of: "://"), let at = url.lastIndex(of: "@"), start.upperBound < at else {
            return nil
        }
        let account = url[start.upperBound..<at]
        return account.firstIndex(of: ":").map { String(account[$0...].dropFirst()) }
    }

    private static func weaknesses(_ secrets: [(name: String, value: String)]) -> [ConfigurationFailure] {
        secrets.compactMap { name, value in
            let weakness: String?
            switch kinds[name] ?? .shared {
            case .key: weakness = SecretStrength.weakness(of: value, minimum: 32, variety: 10)
            case .shared: weakness = SecretStrength.weakness(of: value, minimum: 16, variety: 8)
            case .password: weakness = SecretStrength.weakness(of: value, minimum: 12, variety: 6)
            case .issued: weakness = SecretStrength.isDefault(value) ? "is a default or a placeholder" : nil
            case .unchecked: weakness = nil
            }
            return weakness.map {
                ConfigurationFailure(key: name, reason: "\($0): `openssl rand -base64 48` makes a good one")
            }
        }
    }

    /// Whoever learns one secret must not have another one, too. Two settings for the same account are one secret.
    private static func repetitions(
        _ secrets: [(name: String, value: String)], _ settings: DeploymentSettings
    ) -> [ConfigurationFailure] {
        var owners: [String: (name: String, account: String)] = [:]
        return secrets.filter { kinds[$0.name] != .unchecked }.compactMap { name, value in
            let account = settings.account(of: name)
            guard let owner = owners[value] else {
                owners[value] = (name, account)
                return nil
            }
            guard owner.account != account else { return nil }
            return ConfigurationFailure(
                key: name, reason: "is the same as \(owner.name): every secret needs a value of its own")
        }
    }
}
