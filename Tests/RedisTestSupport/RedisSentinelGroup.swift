import ConfigurationChecks
package import Foundation
package import RedisClient
import TestSupport

/// A master with a replica, and a sentinel that makes the replica the master when the first one is away.
package struct RedisSentinelGroup: Sendable {
    package static let masterName = "arc-master"

    package let master: RedisServerProcess
    package let replica: RedisServerProcess
    package let sentinel: RedisSentinelProcess

    /// Starts all three, and waits until the sentinel could replace the master.
    package init() async throws {
        // Without this delay of zero a replica waits five seconds for others that may come.
        master = try await RedisServerProcess(["--repl-diskless-sync-delay", "0"])
        replica = try await RedisServerProcess([
            "--replicaof", "127.0.0.1", "\(master.port)", "--repl-diskless-sync-delay", "0",
        ])
        let replicaPort = replica.port
        try await eventually("the replica is synchronized") {
            try await TestCommand.run(["redis-cli", "-p", "\(replicaPort)", "INFO", "replication"])
                .contains("master_link_status:up")
        }
        sentinel = try await RedisSentinelProcess(masterPort: master.port)
        let sentinelPort = sentinel.port
        try await eventually("the sentinel knows the replica") {
            let replicas = try await TestCommand.run([
                "redis-cli", "-p", "\(sentinelPort)", "SENTINEL", "REPLICAS", Self.masterName,
            ])
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
    private var process: Process?

    init(masterPort: Int) async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("sentinel-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let port = try TestCommand.freePort()
        self.port = port
        let name = RedisSentinelGroup.masterName
        let file = folder.appendingPathComponent("sentinel.conf")
        try Data(
            """
            port \(port)
            bind 127.0.0.1
            dir \(folder.path)
            sentinel monitor \(name) 127.0.0.1 \(masterPort) 1
            sentinel down-after-milliseconds \(name) 2000
            sentinel failover-timeout \(name) 20000

            """.utf8
        ).write(to: file)
        let log = folder.appendingPathComponent("log")
        process = try await ServerStart.run("Redis Sentinel", log: log) {
            try TestCommand.server(["redis-server", file.path, "--sentinel"], log: log)
        } isReady: {
            (try? await TestCommand.run(["redis-cli", "-p", "\(port)", "PING"])) == "PONG"
        }
    }

    deinit {
        if let process { TestCommand.kill(process) }
        try? FileManager.default.removeItem(at: folder)
    }
}
