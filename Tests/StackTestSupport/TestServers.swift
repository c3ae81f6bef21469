package import PostgresTestSupport
import TestSupport

/// The servers that tests use: `make test` starts its own PostgreSQL and Redis and
/// sets ARC_TEST_POSTGRES_HOST, …_PORT, …_USER (a superuser, trust) and ARC_TEST_REDIS_HOST, …_PORT.
package struct TestServers: Sendable, Hashable {
    package var postgres: PostgresTestServer
    package var redisHost: String
    package var redisPort: String

    /// The servers that the environment names.
    /// - Throws: ``TestFailure`` that says what is missing.
    package static func current() throws -> TestServers {
        TestServers(
            postgres: try .current(), redisHost: try testVariable("ARC_TEST_REDIS_HOST"),
            redisPort: try testVariable("ARC_TEST_REDIS_PORT"))
    }
}
