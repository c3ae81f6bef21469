import Configuration
import ConfigurationChecks
import Foundation
import Orchestrator
import StackTestSupport
import Subscription
import TenantManagement
import TestSupport
import Testing

@testable import ServicePlatform

/// Which settings `arc serve` refuses outside development.
@Suite(.timeLimit(.minutes(20))) struct SecretPolicyTests {
    private static let good = [
        "JWT_SECRET": "kq3PpT0m1hCwX5v8pYt2Zr6uJ9sLbE4nGdAaQfHi7KoMxRyW",
        "DATA_ENCRYPTION_KEY": "Zr6uJ9sLbE4nGdAaQfHi7KoMxRyWkq3PpT0m1hCwX5v8pYt2",
        "DB_USER": "app", "DB_PASSWORD": "uJ9sLbE4nGdAaQfH", "DB_DATABASE": "arc", "MESSAGE_BUS_DB_USER": "bus",
        "MESSAGE_BUS_DB_DATABASE": "bus", "MESSAGE_BUS_DB_PASSWORD": "t0m1hCwX5v8pYt2Z",
        "REDIS_PASSWORD": "WkqA3PpT0m1hCwX5",
        "PROVISIONER_DB_USER": "provisioner", "PROVISIONER_DB_PASSWORD": "7KoMxRyWkq3PpT0m",
        "PROVISIONER_DB_DATABASE": "app",
    ]

    private static func problems(
        _ environment: [String: String], of keys: ConfigurationKeys = TenantManagementApp.configurationKeys
    ) throws -> [String] {
        let reader = try EnvironmentReader.make(
            folder: "/nonexistent", environment: good.merging(environment) { $1 })
        return try SecretPolicy.problems(keys, reader: reader).map(\.key).sorted()
    }

    @Test func `every secret of every service has a rule`() {
        let keys = ConfigurationKeys(combining: [
            TenantManagementApp.configurationKeys, SubscriptionApp.configurationKeys, OrchestratorApp.configurationKeys,
        ])
        #expect(keys.secrets.subtracting(SecretPolicy.kinds.keys).sorted() == [], "add them to SecretPolicy.kinds")
        #expect(Set(SecretPolicy.kinds.keys).subtracting(keys.secrets).sorted() == [], "no service reads these")
    }

    @Test func `the document says how each secret is replaced`() throws {
        let document = try ComposeFile.text("docs/operations.md")
        let start = try #require(document.firstRange(of: "**Every secret**"))
        let end = try #require(document.firstRange(of: "**A secret has leaked.**"))
        let table = document[start.upperBound..<end.lowerBound]
        #expect(SecretPolicy.kinds.keys.filter { !table.contains("`\($0)`") }.sorted() == [])
    }

    @Test func `good secrets are accepted by all services`() async throws {
        for keys in [
            TenantManagementApp.configurationKeys, SubscriptionApp.configurationKeys, OrchestratorApp.configurationKeys,
        ] {
            #expect(try Self.problems([:], of: keys) == [])
        }
    }

    @Test(
        arguments: [
            (["JWT_SECRET": ""], ["JWT_SECRET"]), (["JWT_SECRET": "", "JWT_JWKS_URL": "https://id.example.com"], []),
            (["DATA_ENCRYPTION_KEY": ""], ["DATA_ENCRYPTION_KEY"]), (["JWT_SECRET": "secret"], ["JWT_SECRET"]),
            (["DATA_ENCRYPTION_KEY": "kq3PpT0m1hCwX5v8pYt2Zr6uJ9sLbE4nGdAaQfHi7KoMxRyW"], ["JWT_SECRET"]),
            (["DATA_DECRYPTION_KEYS": "old"], []), (["DB_PASSWORD": ""], ["DB_PASSWORD"]),
            (["DB_PASSWORD": "", "DB_HOST": "/var/run/postgresql"], []),
            (["DB_PASSWORD": "", "DB_SSLCERT": "/c.pem"], []),
            (["DB_PASSWORD": "postgres"], ["DB_PASSWORD"]), (["REDIS_PASSWORD": ""], ["REDIS_PASSWORD"]),
            (["REDIS_PASSWORD": "", "REDIS_URL": "redis://:WkqA3PpT0m1hCwX5@redis:6379"], []),
            (["REDIS_PASSWORD": "", "REDIS_URL": "redis://:redis@redis:6379"], ["REDIS_URL"]),
            (["REDIS_PASSWORD": "", "REDIS_URL": "unix:///run/redis.sock"], []),
            (["MESSAGE_BUS_DB_PASSWORD": "uJ9sLbE4nGdAaQfH"], ["MESSAGE_BUS_DB_PASSWORD"]),
            (["MESSAGE_BUS_DB_PASSWORD": "uJ9sLbE4nGdAaQfH", "MESSAGE_BUS_DB_USER": "app"], []),
            (["MESSAGE_BUS_DB_PASSWORD": "", "EVENT_CONNECTOR": "bullmq"], []),
            (
                ["EVENT_CONNECTOR": "bullmq", "MESSAGE_BUS_REDIS_URL": "redis://bus:6379"],
                ["MESSAGE_BUS_REDIS_PASSWORD"]
            ),
            (["EVENT_CONNECTOR": "bullmq", "MESSAGE_BUS_REDIS_URL": "redis://:9LbE4nGdAaQfHi7K@bus:6379"], []),
            (["DB_HOST": "db.example.com"], ["DB_SSLMODE"]), (["DB_HOST": "localhost,db.example.com"], ["DB_SSLMODE"]),
            (["DB_HOST": "db.example.com", "DB_SSLMODE": "verify-full"], []),
            (["DB_HOST": "db.example.com", "DB_SSLMODE": "disable"], []),
            (["SMTP_PASSWORD": "changeme"], ["SMTP_PASSWORD"]), (["SMTP_PASSWORD": "ab12"], []),
            (
                ["JWT_SECRET": "x", "DB_PASSWORD": "x", "REDIS_PASSWORD": "x"],
                ["DB_PASSWORD", "DB_PASSWORD", "JWT_SECRET", "JWT_SECRET", "REDIS_PASSWORD"]
            ),
        ] as [([String: String], [String])])
    func `each weak, missing, default or repeated secret is named`(
        environment: [String: String], expected: [String]
    ) async throws {
        let found = try Self.problems(environment)
        #expect(Set(found) == Set(expected), "\(environment)")
    }

    @Test func `a service that uses only the Redis of the bus needs no password of another one`() async throws {
        let bus = [
            "EVENT_CONNECTOR": "bullmq", "REDIS_PASSWORD": "",
            "MESSAGE_BUS_REDIS_URL": "redis://:9LbE4nGdAaQfHi7K@bus:6379",
        ]
        #expect(try Self.problems(bus, of: OrchestratorApp.configurationKeys) == [])
        #expect(try Self.problems(bus) == ["REDIS_PASSWORD"])
    }

    @Test func `a service does not start with weak secrets, and names all of them at once without their values`()
        async throws
    {
        let weak = ["JWT_SECRET": "hunter2-hunter2", "DATA_ENCRYPTION_KEY": "", "DB_PASSWORD": "tiger"]
        let settings = Self.good.merging(weak) { $1 }.merging(["DB_HOST": "/nonexistent", "PORT": "0"]) { $1 }
        let refused = try await ArcCommand.run(["serve", "tenant-management"], environment: settings)
        #expect(refused.status == 1)
        for name in weak.keys { #expect(refused.errors.contains("\n  \(name) "), "\(refused.errors)") }
        #expect(refused.errors.contains("ARC_ENV=development"))
        for text in [refused.errors, refused.output] {
            #expect(!text.contains("hunter2") && !text.contains("tiger"))
        }
    }
}
