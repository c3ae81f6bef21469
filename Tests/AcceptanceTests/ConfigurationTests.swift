import Configuration
import ConfigurationChecks
import Foundation
import LocalStack
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
            "REDIS_TLS_ENABLED": "true", "REDIS_SENTINELS": "127.0.0.1", "NOTIFICATION_TRANSPORT": "smtp",
            "SMTP_HOST": "127.0.0.1",
            "FROM_EMAIL": "arc@example.com", "AUTH0_DOMAIN": "arc.example.com", "AUTH0_CLIENT_ID": "arc",
            "AUTH0_CLIENT_SECRET": "secret", "KEYCLOAK_HOST": "https://id.example.com",
            "KEYCLOAK_ADMIN_USERNAME": "admin", "KEYCLOAK_ADMIN_PASSWORD": "secret", "DOMAIN_NAME": "example.com",
            "AWS_SES_SMTP_HOST": "mail.example.com", "SMTP_FROM_EMAIL": "id@example.com",
            "OIDC_ISSUER": "https://id.example.com", "OIDC_CLIENT_ID": "arc",
            "OIDC_REDIRECT_URI": "https://arc.example.com/auth/callback",
            "OIDC_ROLE_MAPPING": "{\"admins\": [\"SuperAdmin\"]}",
        ],
        ["ENABLE_TRACING": "true"],
        [
            "BILLING_PROVIDER": "stripe", "STRIPE_SECRET_KEY": "sk_test_of_a_test",
            "STRIPE_WEBHOOK_SECRET": "whsec_of_a_test",
        ],
        [
            "BILLING_PROVIDER": "chargebee", "CHARGEBEE_SITE": "acme-test", "CHARGEBEE_API_KEY": "test_of_a_test",
            "CHARGEBEE_WEBHOOK_USERNAME": "chargebee", "CHARGEBEE_WEBHOOK_PASSWORD": "secret",
        ],
        ["NOTIFICATION_TRANSPORT": "file", "NOTIFICATION_OUTBOX_PATH": "/tmp"],
        ["EVENT_CONNECTOR": "sqs", "AWS_REGION": "eu-west-1"],
        [
            "EVENT_CONNECTOR": "eventbridge", "AWS_REGION": "eu-west-1",
            "AWS_WEB_IDENTITY_TOKEN_FILE": "/var/run/token", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/arc",
        ],
        ["EVENT_CONNECTOR": "bullmq", "REDIS_TLS_ENABLED": "true", "REDIS_SENTINELS": "127.0.0.1"],
        [
            "EVENT_CONNECTOR": "bullmq", "MESSAGE_BUS_REDIS_SENTINELS": "127.0.0.1",
            "MESSAGE_BUS_REDIS_TLS_ENABLED": "true",
        ],
    ]

    /// Read by `arc` itself before there is a service, or by its commands.
    private static let ofCommands: Set<String> = [
        "LOG_LEVEL", "LOG_FORMAT", "LOG_REPEAT_LIMIT", "ARC_HOME", "TENANT_MANAGEMENT_PORT", "SUBSCRIPTION_PORT",
        "ORCHESTRATOR_PORT", "ARC_TOKEN",
        "DB_MIGRATION_USER", "DB_MIGRATION_PASSWORD", "ARC_ENV", "NODE_ENV",
    ]

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
    private static let document = root.appending(path: "docs/configuration.md")

    private static let ofServices = [
        TenantManagementApp.configurationKeys, SubscriptionApp.configurationKeys, OrchestratorApp.configurationKeys,
    ]
    private static let ofPrograms = [PostgresConfiguration.migrationKeys, StackSettings.configurationKeys]
    private static let all = ConfigurationKeys(combining: ofServices + ofPrograms)

    private static let settingsDocument = SettingsDocument(
        zip(["tenant management", "subscription", "orchestrator"], ofServices).map { ($0, $1) },
        programs: zip(["arc migrate", "arc"], ofPrograms).map { ($0, $1) })

    @Test func `every setting is described, and secrets are as secret as their policy says`() {
        let described = Self.all.groups.flatMap(\.settings).map(\.description)
        #expect(Self.all.names.subtracting(described.map(\.name)).sorted() == [], "a name without a Setting")
        #expect(Self.all.secrets == Set(described.filter(\.isSecret).map(\.name)))
        for setting in described {
            #expect(!setting.meaning.isEmpty && !setting.meaning.hasSuffix("."), "\(setting.name)")
            let isLong = setting.values.count > 160
            #expect(!setting.values.isEmpty && !isLong, "\(setting.name)")
        }
    }

    @Test func `the document lists exactly the settings that are read`() throws {
        let documented = try Self.documented()
        #expect(
            documented.subtracting(Self.all.names).sorted() == [],
            "docs/configuration.md has settings that nothing reads")
        #expect(Self.all.names.subtracting(documented).sorted() == [], "docs/configuration.md lacks settings")
    }

    @Test func `the tables of the document and the file of defaults are those of the settings`() throws {
        let text = try String(contentsOf: Self.document, encoding: .utf8)
        #expect(try Self.settingsDocument.updating(text) == text, "run `make configuration`")
        let defaults = try String(contentsOf: Self.root.appending(path: ".env.defaults"), encoding: .utf8)
        #expect(Self.settingsDocument.defaultsFile == defaults, "run `make configuration`")
    }

    @Test func `no table of settings is written by hand`() throws {
        var isGenerated = false
        for line in try String(contentsOf: Self.document, encoding: .utf8).split(separator: "\n") {
            if line.hasPrefix("<!-- settings: ") { isGenerated = true }
            if line == "<!-- end of settings -->" { isGenerated = false }
            let isRow = line.firstMatch(of: /^\| `[A-Z][A-Z0-9_]+`/) != nil
            #expect(isGenerated || !isRow, "\(line.prefix(60)) is outside the tables that `make configuration` makes")
        }
    }

    @Test func `defaults that are shown as values are the values of unset variables`() async throws {
        var variables: [String: String] = [:]
        for line in Self.settingsDocument.defaultsFile.split(separator: "\n") {
            guard let match = line.firstMatch(of: /^# ([A-Z][A-Z0-9_]+)=(.+)$/) else { continue }
            variables[String(match.1)] = String(match.2)
        }
        #expect(variables.count > 100 && variables["HTTP_MAX_HEAD_BYTES"] == "81920")
        #expect(variables.keys.allSatisfy { !Self.all.secrets.contains($0.replacing("_FILE", with: "")) })
        let reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables))
        for setting in Self.all.groups.flatMap(\.settings) {
            #expect(throws: Never.self, "\(setting.description.name)") { try setting.check(reader) }
        }
    }

    @Test func `the example of a deployment has settings only, and what a deployment must set`() async throws {
        let text = try String(contentsOf: Self.root.appending(path: ".env.docker.example"), encoding: .utf8)
        var variables: [String: String] = [:]
        for match in text.matches(of: /(?m)^#? ?([A-Z][A-Z0-9_]+)=(.*)$/) {
            variables[String(match.1)] = String(match.2)
        }
        #expect(Set(variables.keys).subtracting(Self.all.variables).sorted() == [], "not settings")
        for name in Self.required.keys {
            let isThere = variables[name] != nil || variables["\(name)_FILE"] != nil
            #expect(isThere, "\(name) is missing")
        }
        // The files of secrets are not there.
        let values = variables.filter { !$0.key.hasSuffix("_FILE") }
        let reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: values))
        for setting in Self.all.groups.flatMap(\.settings) where values[setting.description.name] != nil {
            #expect(throws: Never.self, "\(setting.description.name)") { try setting.check(reader) }
        }
    }

    @Test(arguments: [0, 1, 2]) func `services read the settings that they list, and no others`(service: Int)
        async throws
    {
        let read = Accesses()
        let keys = Self.ofServices[service]
        for environment in Self.environments {
            let provider = EnvironmentVariablesProvider(
                environmentVariables: Self.required.merging(environment) { $1 })
            // Finding out whether a value can be used is no use of it.
            try keys.check(ConfigReader(provider: provider, accessReporter: read.checks))
            let reader = ConfigReader(provider: provider, accessReporter: read)
            switch service {
            case 0: _ = try await TenantManagementApp.make(reader: reader, logger: Self.logger)
            case 1: _ = try await SubscriptionApp.make(reader: reader, logger: Self.logger)
            default: _ = try await OrchestratorApp.make(reader: reader, logger: Self.logger)
            }
        }
        #expect(read.names.subtracting(keys.variables).sorted() == [], "read, but not listed")
        #expect(
            keys.variables.subtracting(read.used).subtracting(Self.ofCommands).sorted() == [], "listed, but not used")
    }

    @Test func `sources name no variable that is not described`() throws {
        let known = Self.all.variables
        var found = 0
        let sources = Self.root.appending(path: "Sources").path
        for name in try FileManager.default.subpathsOfDirectory(atPath: sources) where name.hasSuffix(".swift") {
            // These make environments for others, and know what is foreign.
            if Self.environmentsOfOthers.contains(where: name.hasPrefix) { continue }
            let text = try String(contentsOfFile: "\(sources)/\(name)", encoding: .utf8)
            for match in text.matches(of: /(?:environment|variables)\["([A-Z][A-Z0-9_]+)"\]|getenv\("([A-Z0-9_]+)"\)/) {
                let variable = String(match.1 ?? match.2 ?? "")
                found += 1
                let isKnown = known.contains(variable) || Self.ofTheSystem.contains(variable)
                #expect(isKnown, "\(name) reads \(variable), which has no Setting")
            }
            let reads = text.matches(of: /reader\.(?:text|secret|string|int|bool|double)\((?:forKey: )?"([a-z0-9.]+)"/)
            for match in reads {
                found += 1
                let variable = match.1.uppercased().replacing(".", with: "_")
                #expect(known.contains(variable), "\(name) reads \(variable), which has no Setting")
            }
        }
        #expect(found > 3, "the patterns find nothing any more")
    }

    private static let environmentsOfOthers = [
        "LocalStack/", "PDFDocuments/", "Orchestrator/Moves/PostgresProgram.swift", "Orchestrator/Provisioners/Exec/",
    ]
    /// Of every program.
    private static let ofTheSystem: Set<String> = ["PATH", "HOME", "TMPDIR"]

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

/// How often variables were asked for.
private final class Accesses: AccessReporter {
    private let counts = Mutex<[String: Int]>([:])
    let checks = Checks()

    /// The same for what only checks.
    final class Checks: AccessReporter {
        fileprivate let counts = Mutex<[String: Int]>([:])

        func report(_ event: AccessEvent) { Accesses.count(event, counts) }
    }

    var names: Set<String> { counts.withLock { Set($0.keys) } }

    /// The variables that were asked for more often than their checks do.
    var used: Set<String> {
        let checked = checks.counts.withLock { $0 }
        return counts.withLock { counts in Set(counts.filter { $0.value > checked[$0.key, default: 0] }.keys) }
    }

    func report(_ event: AccessEvent) { Self.count(event, counts) }

    private static func count(_ event: AccessEvent, _ counts: borrowing Mutex<[String: Int]>) {
        let name = event.metadata.key.components.map { $0.uppercased() }.joined(separator: "_")
        counts.withLock { $0[name, default: 0] += 1 }
    }
}
