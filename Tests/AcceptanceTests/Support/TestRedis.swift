import PostgresTestSupport
import RedisClient
import StackTestSupport

/// A client of the tests' Redis.
struct TestRedis {
    let client: RedisClient

    init(_ servers: TestServers) throws {
        client = RedisClient(
            configuration: RedisConfiguration(endpoint: .host(servers.redisHost, port: Int(servers.redisPort) ?? 0)),
            logger: testLogger)
    }
}
