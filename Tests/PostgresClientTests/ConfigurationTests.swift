import Configuration
import ConfigurationChecks
import Foundation
import PostgresClient
import Testing

@Suite struct ConfigurationTests {
    private static func read(_ values: [String: String]) throws -> PostgresConfiguration {
        let provider = EnvironmentVariablesProvider(environmentVariables: values)
        return try PostgresConfiguration(reader: ConfigReader(provider: provider))
    }

    private static let least = ["DB_USER": "u", "DB_DATABASE": "d"]

    private static func problem(_ values: [String: String]) -> String? {
        do {
            _ = try read(least.merging(values) { $1 })
            return nil
        } catch {
            return (error as? ConfigurationFailure)?.description
        }
    }

    @Test func `the configuration has defaults`() throws {
        let configuration = try Self.read(Self.least)
        #expect(configuration.host == "127.0.0.1")
        #expect(configuration.port == "5432")
        #expect(configuration.schema == "main")
        #expect(configuration.password == nil)
        #expect(configuration.tlsMode == .prefer)
        #expect(configuration.targetServer == .any)
        #expect(configuration.maximumConnections == 10)
        #expect(configuration.connectionTimeout == .seconds(2))
        #expect(configuration.idleTimeout == .seconds(60))
        #expect(configuration.usesPreparedStatements)
    }

    @Test func `every variable is read`() throws {
        let configuration = try Self.read([
            "DB_HOST": "a,b", "DB_PORT": "1,2", "DB_USER": "u", "DB_PASSWORD": "p", "DB_DATABASE": "d",
            "DB_SCHEMA": "s", "DB_SSLMODE": "verify-full", "DB_SSLROOTCERT": "/ca.pem",
            "DB_TARGET_SESSION_ATTRS": "primary", "DB_APPLICATION_NAME": "n", "DB_MAX_CONNECTIONS": "7",
            "DB_MAX_WAITERS": "8", "DB_CONNECTION_TIMEOUT_MILLIS": "9", "DB_IDLE_TIMEOUT_MILLIS": "10",
            "DB_MAX_AGE_MILLIS": "1100", "DB_STATEMENT_TIMEOUT_MILLIS": "12", "DB_LOCK_TIMEOUT_MILLIS": "13",
            "DB_IDLE_IN_TRANSACTION_TIMEOUT_MILLIS": "0", "DB_PREPARED_STATEMENTS": "false",
            "DB_LISTEN_HOST": "c,d", "DB_LISTEN_PORT": "3,4", "DB_NETWORK_TIMEOUT_MILLIS": "2018",
            "DB_STATEMENT_CACHE_SIZE": "15", "DB_SEARCH_TIMEOUT_MILLIS": "16", "DB_PATTERN_TIMEOUT_MILLIS": "17",
        ])
        #expect(configuration.host == "a,b" && configuration.port == "1,2")
        #expect(configuration.user == "u" && configuration.password == "p" && configuration.database == "d")
        #expect(configuration.schema == "s" && configuration.applicationName == "n")
        #expect(configuration.tlsMode == .verifyFull && configuration.rootCertificate == "/ca.pem")
        #expect(configuration.targetServer == .primary)
        #expect(configuration.maximumConnections == 7 && configuration.maximumWaiters == 8)
        #expect(configuration.connectionTimeout == .milliseconds(9))
        #expect(configuration.idleTimeout == .milliseconds(10) && configuration.maximumAge == .milliseconds(1100))
        #expect(configuration.statementTimeout == .milliseconds(12))
        #expect(configuration.listenHost == "c,d" && configuration.listenPort == "3,4")
        #expect(configuration.networkTimeout == .milliseconds(2018))
        #expect(configuration.lockTimeout == .milliseconds(13))
        #expect(configuration.searchTimeout == .milliseconds(16))
        #expect(configuration.patternTimeout == .milliseconds(17))
        #expect(configuration.idleInTransactionTimeout == .zero)
        #expect(!configuration.usesPreparedStatements && configuration.statementCacheSize == 15)
    }

    @Test func `with several hosts one that accepts writes is used`() throws {
        let configuration = try Self.read(Self.least.merging(["DB_HOST": "a,b"]) { $1 })
        #expect(configuration.targetServer == .readWrite)
    }

    @Test func `user and password can be those of another role`() throws {
        let provider = EnvironmentVariablesProvider(environmentVariables: [
            "DB_DATABASE": "d", "DB_MIGRATION_USER": "owner", "DB_MIGRATION_PASSWORD": "p", "DB_PASSWORD": "other",
        ])
        let configuration = try PostgresConfiguration(reader: ConfigReader(provider: provider), role: .migration)
        #expect(configuration.user == "owner" && configuration.password == "p")
    }

    @Test func `a scope is a prefix of every variable and of every message`() throws {
        let provider = EnvironmentVariablesProvider(environmentVariables: [
            "APPLICATION_DB_USER": "u", "APPLICATION_DB_DATABASE": "d", "DB_USER": "other",
        ])
        let reader = ConfigReader(provider: provider)
        #expect(try PostgresConfiguration(reader: reader, prefix: "APPLICATION").user == "u")
        let failure = #expect(throws: ConfigurationFailure.self) {
            try PostgresConfiguration(reader: reader, prefix: "MESSAGE_BUS")
        }
        #expect(failure?.description == "MESSAGE_BUS_DB_USER is missing")
    }

    @Test func `invalid variables are named`() throws {
        #expect(Self.problem(["DB_USER": ""]) == "DB_USER is missing")
        #expect(Self.problem(["DB_DATABASE": ""]) == "DB_DATABASE is missing")
        #expect(Self.problem(["DB_PORT": "x"])?.hasPrefix("DB_PORT is") == true)
        #expect(Self.problem(["DB_PORT": "70000"])?.hasPrefix("DB_PORT is") == true)
        #expect(Self.problem(["DB_PORT": "1,2"])?.hasPrefix("DB_PORT is") == true)
        #expect(Self.problem(["DB_LISTEN_PORT": "0"])?.hasPrefix("DB_LISTEN_PORT is") == true)
        #expect(
            Self.problem(["DB_LISTEN_HOST": "a,b", "DB_LISTEN_PORT": "1,2,3"])
                == "DB_LISTEN_PORT is \"1,2,3\", but must be one port, or as many as DB_LISTEN_HOST names hosts")
        #expect(
            Self.problem(["DB_HOST": "a,b", "DB_PORT": "1,2", "DB_LISTEN_HOST": "c"])
                == "DB_PORT is \"1,2\", but must be one port, or as many as DB_LISTEN_HOST names hosts")
        #expect(Self.problem(["DB_NETWORK_TIMEOUT_MILLIS": "1999"])?.hasPrefix("DB_NETWORK_TIMEOUT_MILLIS") == true)
        #expect(Self.problem(["DB_MAX_CONNECTIONS": "many"])?.hasSuffix("must be an integer from 1 to 1000") == true)
        #expect(Self.problem(["DB_MAX_CONNECTIONS": "0"])?.hasSuffix("must be an integer from 1 to 1000") == true)
        #expect(Self.problem(["DB_SSLMODE": "yes"])?.contains("is \"yes\", but must be one of disable, ") == true)
        #expect(Self.problem(["DB_PREPARED_STATEMENTS": "perhaps"])?.hasPrefix("DB_PREPARED_STATEMENTS") == true)
        #expect(
            Self.problem(["DB_PASSWORD_FILE": "/does/not/exist"])
                == "DB_PASSWORD_FILE names the file /does/not/exist, which cannot be read")
    }

    @Test func `the password may be in a file`() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try Data("from file ü\n".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let configuration = try Self.read(
            Self.least.merging(["DB_PASSWORD_FILE": file.path, "DB_PASSWORD": "other"]) { $1 })
        #expect(configuration.password == "from file ü")
    }

    @Test func `the password is never printed`() throws {
        let configuration = try Self.read(Self.least.merging(["DB_PASSWORD": "hunter2"]) { $1 })
        var dumped = ""
        dump(configuration, to: &dumped)
        dumped += "\(configuration) \(String(reflecting: configuration)) \(Mirror(reflecting: configuration).children)"
        #expect(!dumped.contains("hunter2"))
        #expect(configuration.password == "hunter2")
    }
}
