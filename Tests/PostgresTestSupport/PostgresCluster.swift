package import Foundation
package import PostgresClient
import Synchronization
import TestSupport

/// A test's own PostgreSQL cluster, which it may stop, crash and start again. It listens on a Unix socket in its folder.
package final class PostgresCluster {
    /// Where its data, its socket and its log are; belongs to the server's user.
    package let folder: String
    /// A port of 127.0.0.1 on which it listens too; nil for one that has only its socket.
    package let port: Int?
    private let programs: String
    private var process: TestProcess?

    /// Runs `body` with a cluster that is removed afterwards.
    /// - Parameters:
    ///   - usesTCP: Whether it listens on a port of 127.0.0.1 too.
    ///   - prepare: Called before the start, to write into its configuration.
    package static func with<Value>(
        usesTCP: Bool = false, prepare: (PostgresCluster) async throws -> Void = { _ in },
        _ body: (PostgresCluster) async throws -> Value
    ) async throws -> Value {
        let cluster = try await PostgresCluster(port: usesTCP ? try TestCommand.freePort() : nil)
        return try await withCleanup {
            try await prepare(cluster)
            try await cluster.start()
            return try await body(cluster)
        } cleanup: {
            await cluster.remove()
        }
    }

    /// Runs `body` with a streaming replica of this cluster, which has a socket of its own and is removed afterwards.
    package func withReplica<Value>(_ body: (PostgresCluster) async throws -> Value) async throws -> Value {
        let replica = try await PostgresCluster(emptyOn: nil)
        return try await withCleanup {
            try await replica.copy(self)
            try await replica.start()
            return try await body(replica)
        } cleanup: {
            await replica.remove()
        }
    }

    /// Makes it a replica once more, whatever has become of it: with a new copy of a primary.
    package func becomeReplica(of primary: PostgresCluster) async throws {
        try await stop()
        try await run(["rm", "-rf", "\(folder)/data"])
        try await copy(primary)
        try await start()
    }

    private func copy(_ primary: PostgresCluster) async throws {
        try await run([
            "\(programs)/pg_basebackup", "-h", primary.folder, "-p", primary.port.map(String.init) ?? "5432", "-U",
            "postgres", "-D", "\(folder)/data", "-R", "-X", "stream", "-c", "fast", "--no-sync",
        ])
        try append("unix_socket_directories = '\(folder)'\nlisten_addresses = ''\nport = 5432\n")
    }

    private convenience init(port: Int?) async throws {
        try await self.init(emptyOn: port)
        try await run(["cp", "-a", "\(try await Self.template.value)/data", "\(folder)/data"])
        // No fsync: the machine does not fail here, only PostgreSQL does, and it recovers from its log all the same.
        try append("unix_socket_directories = '\(folder)'\nfsync = off\nmax_connections = 200\n")
        try append(port.map { "listen_addresses = '127.0.0.1'\nport = \($0)\n" } ?? "listen_addresses = ''\n")
    }

    /// A cluster without data.
    private init(emptyOn port: Int?) async throws {
        self.port = port
        programs = try await TestCommand.run(["pg_config", "--bindir"])
        folder = try await Self.makeFolder()
    }

    /// A folder with a cluster that was never started, made once: copying is much faster than initdb.
    private static let template = Task { () async throws -> String in
        let folder = try await makeFolder()
        templateFolder.withLock { $0 = folder }
        atexit {
            if let folder = templateFolder.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: folder) }
        }
        let initdb = "\(try await TestCommand.run(["pg_config", "--bindir"]))/initdb"
        try await TestCommand.run(
            asServerUser([initdb, "-D", "\(folder)/data", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"]))
        return folder
    }

    private static let templateFolder = Mutex<String?>(nil)

    private static func makeFolder() async throws -> String {
        let parent = ProcessInfo.processInfo.environment["ARC_TEST_SERVERS_FOLDER"] ?? "/tmp"
        let folder = try await TestCommand.run(["mktemp", "-d", "\(parent)/arc-pg-XXXXXX"])
        if getuid() == 0 { try await TestCommand.run(["chown", "postgres", folder]) }
        return folder
    }

    /// The command as the server's user: postgres if we are root, whom PostgreSQL refuses. `setpriv` becomes the
    /// program, so that the process is the server itself.
    private static func asServerUser(_ command: [String]) -> [String] {
        guard getuid() == 0 else { return command }
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] + command
    }

    /// Appends lines to `postgresql.conf`.
    package func append(_ settings: String) throws {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(folder)/data/postgresql.conf"))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(settings.utf8))
        try handle.close()
    }

    /// How to reach it by its socket.
    package func configuration(_ change: (inout PostgresConfiguration) -> Void = { _ in }) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(
            host: folder, port: port.map(String.init) ?? "5432", user: "postgres", database: "postgres",
            schema: "public", maximumConnections: 4, connectionTimeout: .seconds(60),
            idleInTransactionTimeout: .seconds(300))
        change(&configuration)
        return configuration
    }

    /// Starts it, and waits until it accepts connections.
    package func start() async throws {
        let log = URL(fileURLWithPath: "\(folder)/log")
        process = try await ServerStart.run("PostgreSQL", log: log) {
            server(["\(programs)/postgres", "-D", "\(folder)/data"], log: log)
        } isReady: {
            let command = ["\(programs)/pg_isready", "-q", "-h", folder, "-p", port.map(String.init) ?? "5432"]
            return (try? await TestCommand.run(command)) != nil
        }
    }

    /// Ends it in an orderly way, without waiting for its clients.
    package func stop() async throws { try await end(by: SIGINT) }

    /// Ends it as a crash does: without a checkpoint, with all connections cut.
    package func crash() async throws { try await end(by: SIGQUIT) }

    package func restart() async throws {
        try await stop()
        try await start()
    }

    private func end(by signal: Int32) async throws {
        guard let process else { return }
        kill(process.processIdentifier, signal)
        try await eventually("PostgreSQL has ended") { !process.isRunning }
        self.process = nil
    }

    private func remove() async {
        try? await crash()
        _ = try? await TestCommand.run(["rm", "-rf", folder])
    }

    /// Runs a program to its end as the server's user. It must leave nothing running.
    @discardableResult
    package func run(_ command: [String]) async throws -> String {
        try await TestCommand.run(Self.asServerUser(command))
    }

    /// A program that will run as the server's user; it is not started yet.
    package func server(_ command: [String], log: URL) -> TestProcess {
        TestProcess(Self.asServerUser(command), output: log)
    }
}
