import Configuration
import ConfigurationChecks
import PostgresTestSupport
import ServiceKit
import Testing
import WorkQueue

@testable import Orchestrator

@Suite struct OrchestratorConfigurationTests {
    private static let databases = [
        "DB_USER": "u", "DB_DATABASE": "d", "MESSAGE_BUS_DB_USER": "u", "MESSAGE_BUS_DB_DATABASE": "d",
    ]
    private static let provisioner = ["PROVISIONER_DB_USER": "u", "PROVISIONER_DB_DATABASE": "d"]

    private func reader(_ environment: [String: String]) throws -> ConfigReader {
        try EnvironmentReader.make(environment: environment)
    }

    @Test func `settings that are missing have their defaults`() async throws {
        let reader = try reader([:])
        let callbacks = try CallbackConfiguration(reader: reader)
        #expect(callbacks.url == "http://127.0.0.1:3005/webhook")
        #expect(callbacks.timeout == .seconds(10))
        #expect(callbacks.appPlaneURL.template == "http://{key}.localhost")
        let provisioners = try ProvisionerConfiguration(reader: reader)
        #expect(provisioners.tiers == TierDefinition.defaults)
        #expect(provisioners.allowsInternalPipelines)
        let policy = try RunPolicy(reader: reader, shutdownTime: .seconds(10))
        #expect(policy == RunPolicy(drainTimeout: .seconds(10) * 0.7))
        #expect(policy.lease <= .seconds(10), "a process that is killed holds up its runs no longer")
        #expect(try EventConfiguration(reader: reader).limit == RateLimit(limit: 60))
    }

    @Test func `settings come from the environment`() async throws {
        let reader = try reader([
            "TENANT_MANAGEMENT_URL": "https://arc.example.com/api/",
            "APP_PLANE_URL_TEMPLATE": "https://{tier}.example.com/{key}", "PROVISIONING_MAX_ATTEMPTS": "2",
            "PROVISIONING_BACKOFF_MILLIS": "10", "CALLBACK_BACKOFF_MAX_MILLIS": "700",
            "PROVISIONER_HTTP_ALLOW_PRIVATE": "false", "PROVISIONING_CONCURRENCY": "5",
        ])
        let callbacks = try CallbackConfiguration(reader: reader)
        #expect(callbacks.url == "https://arc.example.com/api/webhook")
        #expect(callbacks.appPlaneURL.template == "https://{tier}.example.com/{key}")
        let policy = try RunPolicy(reader: reader, shutdownTime: .seconds(8))
        #expect(policy.maximumAttempts == 2)
        #expect(policy.concurrency == 5 && policy.tierConcurrency == 3)
        #expect(policy.provisioning.initial == .milliseconds(10))
        #expect(policy.callback.maximum == .milliseconds(700))
        #expect(try ProvisionerConfiguration(reader: reader).allowsInternalPipelines == false)
    }

    @Test(arguments: [
        (["JWT_SECRET": ""], "DATA_ENCRYPTION_KEY"),
        (["TENANT_MANAGEMENT_URL": "localhost:3005"], "TENANT_MANAGEMENT_URL"),
        (["APP_PLANE_URL_TEMPLATE": "http://{name}.x"], "APP_PLANE_URL_TEMPLATE"),
        (["PROVISIONING_CONCURRENCY": "0"], "PROVISIONING_CONCURRENCY"),
        (["PROVISIONING_BACKOFF_MAX_MILLIS": "soon"], "PROVISIONING_BACKOFF_MAX_MILLIS"),
        (["TIERS_FILE": "/no/such/file"], "TIERS_FILE"),
        (["EVENT_SIGNING_SECRET": "too short"], "EVENT_SIGNING_SECRET"),
    ])
    func `a wrong setting stops the start, and the error names it`(environment: [String: String], key: String)
        async throws
    {
        let required = Self.databases.merging(Self.provisioner) { $1 }.merging(["JWT_SECRET": "s"]) { $1 }
        let reader = try reader(required.merging(environment) { $1 })
        let failure = try await #require(throws: ConfigurationFailure.self) {
            _ = try await OrchestratorApp.make(reader: reader, logger: testLogger)
        }
        #expect(failure.key == key)
    }

    @Test func `tiers that need a database say which variable is missing`() async throws {
        let reader = try reader(Self.databases.merging(["JWT_SECRET": "s"]) { $1 })
        let failure = try await #require(throws: ConfigurationFailure.self) {
            _ = try await OrchestratorApp.make(reader: reader, logger: testLogger)
        }
        #expect(failure.description.contains("PROVISIONER_DB_USER is missing"), "\(failure)")
    }
}
