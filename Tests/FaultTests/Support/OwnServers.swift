import Foundation
import StackTestSupport

/// A PostgreSQL cluster of a test's own, that it may crash and start again.
final class OwnPostgres {
    let port: Int
    private let folder: String
    private let programs: String
    private var process: Process?

    /// Makes and starts a cluster. PostgreSQL refuses to run as root; then it is the user postgres'.
    init() async throws {
        programs = try await Command.run(["pg_config", "--bindir"])
        folder = try await Command.run(["mktemp", "-d", "/tmp/arc-fault-XXXXXX"])
        port = try Command.freePort()
        if getuid() == 0 { try await Command.run(["chown", "postgres", folder]) }
        try await Command.run(
            asServerUser([
                "initdb", "-D", "\(folder)/data", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync",
            ]))
        try await start()
    }

    func start() async throws {
        // No fsync: the machine does not fail here, only PostgreSQL does, and it recovers from its log all the same.
        process = try await ServerStart.run("PostgreSQL", log: log) {
            try Command.server(
                asServerUser([
                    "postgres", "-D", "\(folder)/data", "-c", "listen_addresses=127.0.0.1", "-c", "port=\(port)",
                    "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=200",
                ]), log: log)
        } isReady: {
            (try? await Command.run(["\(programs)/pg_isready", "-q", "-h", "127.0.0.1", "-p", "\(port)"])) != nil
        }
    }

    private var log: URL { FileManager.default.temporaryDirectory.appendingPathComponent("arc-postgres-\(port)") }

    /// Ends it as a crash does: without a checkpoint, with all connections cut (SIGQUIT is its immediate shutdown).
    func crash() async throws {
        guard let process else { return }
        kill(process.processIdentifier, SIGQUIT)
        try await eventually("PostgreSQL has ended") { !process.isRunning }
        self.process = nil
    }

    func remove() async {
        try? await crash()
        _ = try? await Command.run(["rm", "-rf", folder])
        try? FileManager.default.removeItem(at: log)
    }

    /// `setpriv` becomes the program, so that the process is the server itself.
    private func asServerUser(_ command: [String]) -> [String] {
        let command = ["\(programs)/\(command[0])"] + command.dropFirst()
        guard getuid() == 0 else { return command }
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] + command
    }
}

/// A Redis of a test's own, that it may kill and start again. It keeps what it knows in a log, so that what it has after
/// an outage is old instead of nothing: the harder case for caches.
final class OwnRedis {
    let port: Int
    private let folder: String
    private var process: Process?

    init() async throws {
        folder = try await Command.run(["mktemp", "-d", "/tmp/arc-fault-XXXXXX"])
        port = try Command.freePort()
        try await start()
    }

    func start() async throws {
        let log = URL(fileURLWithPath: "\(folder)/log")
        process = try await ServerStart.run("Redis", log: log) {
            try Command.server(
                [
                    "redis-server", "--bind", "127.0.0.1", "--port", "\(port)", "--dir", folder, "--save", "",
                    "--appendonly", "yes", "--appendfsync", "no",
                ], log: log)
        } isReady: {
            (try? await Command.run(["redis-cli", "-p", "\(port)", "ping"])) == "PONG"
        }
    }

    func kill() async throws {
        guard let process else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        try await eventually("Redis has ended") { !process.isRunning }
        self.process = nil
    }

    func remove() async {
        try? await kill()
        _ = try? await Command.run(["rm", "-rf", folder])
    }
}
