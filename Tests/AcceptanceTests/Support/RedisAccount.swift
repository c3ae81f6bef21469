import PostgresTestSupport
import Primitives
import RedisClient
import StackTestSupport

/// An account of the tests' Redis, by which a node can be cut off or kept from writing while all others continue.
struct RedisAccount: Sendable {
    private let name = "node-\(SecureRandom.hex(bytes: 6))"
    private let password = SecureRandom.hex(bytes: 16)
    private let client: RedisClient

    /// Makes the account, and removes it after `body`.
    static func with(
        _ servers: TestServers, _ body: (RedisAccount) async throws -> Void
    ) async throws {
        guard let port = Int(servers.redisPort) else { throw TestFailure("no port of Redis") }
        let account = RedisAccount(
            client: RedisClient(
                configuration: RedisConfiguration(
                    endpoint: .host(servers.redisHost, port: port), connectTimeout: .seconds(30),
                    commandTimeout: .seconds(30)), logger: testLogger))
        try await account.acl(["SETUSER", account.name, "reset", "on", ">\(account.password)", "~*", "&*", "+@all"])
        try await withCleanup {
            try await body(account)
        } cleanup: {
            _ = try? await account.acl(["DELUSER", account.name])
            await account.client.shutdown()
        }
    }

    /// What makes a node use the account.
    var environment: [String: String] { ["REDIS_USERNAME": name, "REDIS_PASSWORD": password] }

    /// Ends the account's connections and refuses new ones.
    func cutOff() async throws {
        try await acl(["SETUSER", name, "off"])
        _ = try await client.send(["CLIENT", "KILL", "USER", RedisArgument(name)])
    }

    /// Lets the account connect again.
    func reconnect() async throws { try await acl(["SETUSER", name, "on"]) }

    /// Answers its reads and refuses its writes.
    func refuseWrites() async throws { try await acl(["SETUSER", name, "-@write"]) }

    /// Takes its writes again.
    func takeWrites() async throws { try await acl(["SETUSER", name, "+@all"]) }

    private func acl(_ arguments: [String]) async throws {
        _ = try await client.send(["ACL"] + arguments.map { RedisArgument($0) })
    }
}
