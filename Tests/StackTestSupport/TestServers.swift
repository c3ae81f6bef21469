import Foundation
package import Logging

/// The servers that tests use, named by whoever runs them: `make test` starts a PostgreSQL and a Redis of its own and
/// sets ARC_TEST_POSTGRES_HOST, …_PORT, …_USER (a superuser, trust) and ARC_TEST_REDIS_HOST, …_PORT.
package struct TestServers: Sendable, Hashable {
    /// Address of PostgreSQL.
    package var postgresHost: String
    /// Port of PostgreSQL.
    package var postgresPort: String
    /// A superuser who needs no password.
    package var postgresUser: String
    /// Address of Redis.
    package var redisHost: String
    /// Port of Redis.
    package var redisPort: String

    package init(
        postgresHost: String = "127.0.0.1", postgresPort: String, postgresUser: String = "postgres",
        redisHost: String = "127.0.0.1", redisPort: String
    ) {
        self.postgresHost = postgresHost
        self.postgresPort = postgresPort
        self.postgresUser = postgresUser
        self.redisHost = redisHost
        self.redisPort = redisPort
    }

    /// The servers that the environment names.
    /// - Throws: ``TestFailure`` that says what is missing.
    package static func current() throws -> TestServers {
        TestServers(
            postgresHost: try variable("ARC_TEST_POSTGRES_HOST"), postgresPort: try variable("ARC_TEST_POSTGRES_PORT"),
            postgresUser: try variable("ARC_TEST_POSTGRES_USER"), redisHost: try variable("ARC_TEST_REDIS_HOST"),
            redisPort: try variable("ARC_TEST_REDIS_PORT"))
    }

    private static func variable(_ name: String) throws -> String {
        guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
            throw TestFailure("\(name) is not set: this test needs real servers, which `make test` starts")
        }
        return value
    }
}

/// What a test needed and did not get.
package struct TestFailure: Error, CustomStringConvertible, Sendable {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// The logger of everything that tests run: silent unless ARC_TEST_LOG_LEVEL names a level.
package let testLogger: Logger = {
    var logger = Logger(label: "test")
    let level = ProcessInfo.processInfo.environment["ARC_TEST_LOG_LEVEL"].flatMap { Logger.Level(rawValue: $0) }
    logger.logLevel = level ?? .critical
    return logger
}()
