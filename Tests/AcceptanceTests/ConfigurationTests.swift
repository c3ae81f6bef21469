import Configuration
import ConfigurationChecks
import Foundation
import Logging
import Orchestrator
import PostgresClient
import RedisClient
import ServiceKit
import ServicePlatform
import Subscription
import Synchronization
import TenantManagement
import Testing

@Suite struct ConfigurationTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private static let required = [
        "DB_USER": "arc", "DB_DATABASE": "arc", "MESSAGE_BUS_DB_USER": "arc", "MESSAGE_BUS_DB_DATABASE": "arc",
        "PROVISIONER_DB_USER": "arc", "PROVISIONER_DB_DATABASE": "arc", "JWT_SECRET": "secret",
    ]

    /// Environments that together make the services read every setting.
    private static let environments: [[String: String]] = [
        [:],
        [
            "REDIS_TLS_ENABLED": "true", "NOTIFICATION_TRANSPORT": "smtp", "SMTP_HOST": "127.0.0.1",
            "FROM_EMAIL": "arc@example.com", "AUTH0_DOMAIN": "arc.example.com", "AUTH0_CLIENT_ID": "arc",
            "AUTH0_CLIENT_SECRET": "secret", "KEYCLOAK_HOST": "https://id.example.com",
            "KEYCLOAK_ADMIN_USERNAME": "admin", "KEYCLOAK_ADMIN_PASSWORD": "secret", "DOMAIN_NAME": "example.com",
            "AWS_SES_SMTP_HOST": "mail.example.com", "SMTP_FROM_EMAIL": "id@example.com",
            "OIDC_ISSUER": "https://id.example.com", "OIDC_CLIENT_ID": "arc",
            "OIDC_REDIRECT_URI": "https://arc.example.com/auth/callback",
            "OIDC_ROLE_MAPPING": "{\"admins\": [\"SuperAdmin\"]}",
        ],
        ["ENABLE_TRACING": "true"],
        ["NOTIFICATION_TRANSPORT": "file", "NOTIFICATION_OUTBOX_PATH": "/tmp"],
        ["EVENT_CONNECTOR": "sqs", "AWS_REGION": "eu-west-1"],
        [
            "EVENT_CONNECTOR": "eventbridge", "AWS_REGION": "eu-west-1",
            "AWS_WEB_IDENTITY_TOKEN_FILE": "/var/run/token", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/arc",
        ],
        ["EVENT_CONNECTOR": "bullmq", "REDIS_TLS_ENABLED": "true"],
        [
            "EVENT_CONNECTOR": "bullmq", "MESSAGE_BUS_REDIS_HOST": "127.0.0.1", "MESSAGE_BUS_REDIS_TLS_ENABLED": "true",
        ],
    ]

    /// Read by the commands, which have no configuration reader yet.
    private static let ofCommands: Set<String> = [
        "LOG_LEVEL", "LOG_FORMAT", "LOG_REPEAT_LIMIT", "ARC_HOME", "TENANT_MANAGEMENT_PORT", "SUBSCRIPTION_PORT",
        "ORCHESTRATOR_PORT",
        "DB_MIGRATION_USER", "DB_MIGRATION_PASSWORD", "ARC_ENV", "NODE_ENV",
    ]

    private static let document = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../docs/configuration.md")

    private static let ofServices = [
        TenantManagementApp.configurationKeys, SubscriptionApp.configurationKeys, OrchestratorApp.configurationKeys,
    ]

    @Test func `the document lists exactly the settings that are read`() throws {
        let listed = ConfigurationKeys(combining: Self.ofServices).names.union(Self.ofCommands)
        let documented = try Self.documented()
        #expect(documented.subtracting(listed).sorted() == [], "docs/configuration.md has settings that nothing reads")
        #expect(listed.subtracting(documented).sorted() == [], "docs/configuration.md lacks settings")
    }

    @Test func `the tables of the document are those of the settings`() throws {
        let names = ["tenant management", "subscription", "orchestrator"]
        let document = SettingsDocument(zip(names, Self.ofServices).map { ($0, $1) })
        let text = try String(contentsOf: Self.document, encoding: .utf8)
        #expect(try document.updating(text) == text, "run `make configuration`")
    }

    @Test(arguments: [0, 1, 2]) func `services read the settings that they list, and no others`(service: Int)
        async throws
    {
        let read = Accesses()
        for environment in Self.environments {
            let reader = ConfigReader(
                provider: EnvironmentVariablesProvider(
                    environmentVariables: Self.required.merging(environment) { $1 }), accessReporter: read)
            switch service {
            case 0: _ = try await TenantManagementApp.make(reader: reader, logger: Self.logger)
            case 1: _ = try await SubscriptionApp.make(reader: reader, logger: Self.logger)
            default: _ = try await OrchestratorApp.make(reader: reader, logger: Self.logger)
            }
        }
        let keys = Self.ofServices[service]
        #expect(read.names.subtracting(keys.variables).sorted() == [], "read, but not listed")
        #expect(
            keys.variables.subtracting(read.names).subtracting(Self.ofCommands).sorted() == [], "listed, but not read")
    }

    @Test func `without a key to encrypt with the service does not start`() async throws {
        let reader = ConfigReader(
            provider: EnvironmentVariablesProvider(
                environmentVariables: Self.required.merging([
                    "JWT_SECRET": "", "JWT_JWKS_URL": "https://id.example.com/keys",
                ]) { $1 }))
        let failure = await #expect(throws: ConfigurationFailure.self) {
            try await SubscriptionApp.make(reader: reader, logger: Self.logger)
        }
        #expect(failure?.key == "DATA_ENCRYPTION_KEY")
    }

    /// The names in the first columns of the tables; `X_DB_*` means all settings of a database with this prefix, and
    /// `X_REDIS_*` those of Redis.
    private static func documented() throws -> Set<String> {
        var names: Set<String> = []
        for line in try String(contentsOf: document, encoding: .utf8).split(separator: "\n") where line.hasPrefix("| `")
        {
            let cell = line.dropFirst().prefix { $0 != "|" }
            for match in cell.matches(of: /`([A-Z0-9_]+?)(_DB_\*|_REDIS_\*)?`/) {
                switch match.2 {
                case nil: names.insert(String(match.1))
                case "_DB_*": names.formUnion(PostgresConfiguration.configurationKeys.within(String(match.1)).names)
                default: names.formUnion(RedisConfiguration.configurationKeys.within(String(match.1)).names)
                }
            }
        }
        return names
    }
}

/// The variables that were asked for.
private final class Accesses: AccessReporter {
    private let state = Mutex<Set<String>>([])

    var names: Set<String> { state.withLock { $0 } }

    func report(_ event: AccessEvent) {
        let name = event.metadata.key.components.map { $0.uppercased() }.joined(separator: "_")
        state.withLock { _ = $0.insert(name) }
    }
}
