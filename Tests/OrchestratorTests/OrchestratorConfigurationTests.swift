import Configuration
import ConfigurationChecks
import JSONCoding
import MessageBus
import PostgresTestSupport
import ServiceKit
import Testing
import WorkQueue

@testable import Orchestrator

@Suite struct OrchestratorConfigurationTests {
    private func configuration(_ environment: [String: String]) async throws -> OrchestratorConfiguration {
        try OrchestratorConfiguration(reader: try await EnvironmentReader.make(environment: environment))
    }

    @Test func defaults() async throws {
        let configuration = try await configuration(["JWT_SECRET": "s"])
        #expect(configuration.encryptionKey == "s")
        #expect(configuration.callbackURL == "http://127.0.0.1:3005/webhook")
        #expect(configuration.tiers == TierDefinition.defaults)
        #expect(configuration.appPlaneURL.template == "http://{key}.localhost")
        #expect(configuration.policy.maximumAttempts == 5)
        #expect(configuration.allowsInternalPipelines)
    }

    @Test func valuesOfTheEnvironment() async throws {
        let configuration = try await configuration([
            "JWT_SECRET": "s", "DATA_ENCRYPTION_KEY": "k", "TENANT_MANAGEMENT_URL": "https://arc.example.com/api/",
            "APP_PLANE_URL_TEMPLATE": "https://{tier}.example.com/{key}", "PROVISIONING_MAX_ATTEMPTS": "2",
            "PROVISIONING_BACKOFF_MILLIS": "10", "CALLBACK_BACKOFF_MAX_MILLIS": "700",
            "PROVISIONER_HTTP_ALLOW_PRIVATE": "false",
        ])
        #expect(configuration.encryptionKey == "k")
        #expect(configuration.callbackURL == "https://arc.example.com/api/webhook")
        #expect(configuration.policy.maximumAttempts == 2)
        #expect(configuration.policy.provisioning.initial == .milliseconds(10))
        #expect(configuration.policy.callback.maximum == .milliseconds(700))
        #expect(!configuration.allowsInternalPipelines)
    }

    @Test(arguments: [
        ([:], "DATA_ENCRYPTION_KEY"),
        (["JWT_SECRET": "s", "TENANT_MANAGEMENT_URL": "localhost:3005"], "TENANT_MANAGEMENT_URL"),
        (["JWT_SECRET": "s", "APP_PLANE_URL_TEMPLATE": "http://{name}.x"], "APP_PLANE_URL_TEMPLATE"),
        (["JWT_SECRET": "s", "PROVISIONING_CONCURRENCY": "0"], "PROVISIONING_CONCURRENCY"),
        (["JWT_SECRET": "s", "PROVISIONING_BACKOFF_MAX_MILLIS": "soon"], "PROVISIONING_BACKOFF_MAX_MILLIS"),
        (["JWT_SECRET": "s", "TIERS_FILE": "/no/such/file"], "TIERS_FILE"),
    ])
    func errorsNameTheVariable(environment: [String: String], key: String) async throws {
        let failure = try await #require(throws: ConfigurationFailure.self) {
            _ = try await configuration(environment)
        }
        #expect(failure.key == key)
    }

    @Test func tiersThatNeedADatabaseSayWhichVariableIsMissing() async throws {
        let reader = try await EnvironmentReader.make(environment: [
            "JWT_SECRET": "s", "DB_USER": "u", "DB_DATABASE": "d", "MESSAGE_BUS_DB_USER": "u",
            "MESSAGE_BUS_DB_DATABASE": "d",
        ])
        let failure = try await #require(throws: ConfigurationFailure.self) {
            _ = try await OrchestratorApp.make(reader: reader, logger: testLogger)
        }
        #expect(failure.description.contains("PROVISIONER_DB_USER is missing"), "\(failure)")
    }
}
