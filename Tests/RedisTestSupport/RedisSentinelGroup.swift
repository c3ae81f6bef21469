import ConfigurationChecks
package import Foundation
package import RedisClient
package import TestSupport

/// A master with a replica, and a sentinel that makes the replica the master when the first one is away.
package struct RedisSentinelGroup: Sendable {
    package static let masterName = "arc-master"

    /// TLS with certificates on both sides everywhere. The servers want a name and a password; the sentinel wants none.
    package struct Security: Sendable {
        package let authority: TestAuthority
        /// Of all servers and of the client.
        package let identity: TestAuthority.Identity
        package let name = "redis.test"
        package let username = "arc"
        package let password = "a-password-of-the-test"

        package init(_ authority: TestAuthority) async throws {
            self.authority = authority
            // A name only: an address that is right would do, whatever the name.
            identity = try await authority.identity("redis", names: "DNS:\(name)")
        }

        /// Settings of a server or sentinel, without hyphens.
        fileprivate var settings: [[String]] {
            [
                ["tls-cert-file", identity.certificate], ["tls-key-file", identity.key],
                ["tls-ca-cert-file", authority.certificate], ["tls-auth-clients", "yes"], ["tls-replication", "yes"],
            ]
        }

        fileprivate var ofServer: [String] {
            settings.flatMap { ["--\($0[0])"] + $0.dropFirst() } + [
                "--user", "default", "off", "--user", username, "on", ">\(password)", "~*", "&*", "+@all",
                "--masteruser", username, "--masterauth", password,
            ]
        }

        fileprivate var ofClient: [String] {
            ["--tls", "--cert", identity.certificate, "--key", identity.key, "--cacert", authority.certificate]
        }
    }

    package let master: RedisServerProcess
    package let replica: RedisServerProcess
    package let sentinel: RedisSentinelProcess

    /// Starts all three, and waits until the sentinel could replace the master.
    package init(_ security: Security? = nil) async throws {
        // Without this delay of zero a replica waits five seconds for others that may come.
        let options = ["--repl-diskless-sync-delay", "0"] + (security?.ofServer ?? [])
        master = try await RedisServerProcess(options, usesTLS: security != nil)
        replica = try await RedisServerProcess(
            ["--replicaof", "127.0.0.1", "\(master.port)"] + options, usesTLS: security != nil)
        let client = ["redis-cli"] + (security?.ofClient ?? [])
        let user = security.map { ["--user", $0.username, "--pass", $0.password, "--no-auth-warning"] } ?? []
        let replicaPort = replica.port
        try await eventually("the replica is synchronized") {
            try await TestCommand.run(client + user + ["-p", "\(replicaPort)", "INFO", "replication"])
                .contains("master_link_status:up")
        }
        sentinel = try await RedisSentinelProcess(masterPort: master.port, security, client: client)
        let sentinelPort = sentinel.port
        try await eventually("the sentinel knows the replica") {
            let replicas = try await TestCommand.run(
                client + ["-p", "\(sentinelPort)", "SENTINEL", "REPLICAS", Self.masterName])
            return replicas.contains("master-link-status\nok")
        }
    }

    /// How to reach whichever is the master. Nobody listens at the first address.
    package func configuration() throws -> RedisConfiguration {
        var configuration = master.configuration
        // Not used: the sentinels say where the master is.
        configuration.endpoint = .host("127.0.0.1", port: 1)
        configuration.sentinels = RedisSentinels(
            addresses: [
                ServerAddress(host: "127.0.0.1", port: try TestCommand.freePort()),
                ServerAddress(host: "127.0.0.1", port: sentinel.port),
            ], master: Self.masterName, patience: .seconds(60))
        return configuration
    }
}

/// A sentinel of its own test; killed when the test releases it.
package final class RedisSentinelProcess: @unchecked Sendable {
    package let port: Int
    private let folder: URL
    private var process: TestProcess?

    /// - Parameter client: redis-cli for it.
    fileprivate init(masterPort: Int, _ security: RedisSentinelGroup.Security?, client: [String]) async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("sentinel-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let port = try TestCommand.freePort()
        self.port = port
        let name = RedisSentinelGroup.masterName
        let file = folder.appendingPathComponent("sentinel.conf")
        let secure =
            security.map { security in
                security.settings + [
                    ["tls-port", "\(port)"], ["sentinel", "auth-user", name, security.username],
                    ["sentinel", "auth-pass", name, security.password],
                ]
            } ?? []
        try Data(
            """
            port \(security == nil ? port : 0)
            bind 127.0.0.1
            dir \(folder.path)
            sentinel monitor \(name) 127.0.0.1 \(masterPort) 1
            sentinel down-after-milliseconds \(name) 2000
            sentinel failover-timeout \(name) 20000
            \(secure.map { $0.joined(separator: " ") }.joined(separator: "\n"))

            """.utf8
        ).write(to: file)
        let log = folder.appendingPathComponent("log")
        process = try await ServerStart.run("Redis Sentinel", log: log) {
            TestProcess(["redis-server", file.path, "--sentinel"], output: log)
        } isReady: {
            (try? await TestCommand.run(client + ["-p", "\(port)", "PING"])) == "PONG"
        }
    }

    deinit {
        if let process { process.kill() }
        try? FileManager.default.removeItem(at: folder)
    }
}
