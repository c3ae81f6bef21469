import Foundation
import PostgresTestSupport

/// A test's own Redis, which it may kill and start again. It keeps its data in a log, so that what it has after
/// an outage is old instead of nothing: the harder case for caches.
final class OwnRedis {
    let port: Int
    private let folder: String
    private var process: Process?

    init() async throws {
        folder = try await TestCommand.run(["mktemp", "-d", "/tmp/arc-fault-XXXXXX"])
        port = try TestCommand.freePort()
        try await start()
    }

    func start() async throws {
        let log = URL(fileURLWithPath: "\(folder)/log")
        process = try await ServerStart.run("Redis", log: log) {
            try TestCommand.server(
                [
                    "redis-server", "--bind", "127.0.0.1", "--port", "\(port)", "--dir", folder, "--save", "",
                    "--appendonly", "yes", "--appendfsync", "no",
                ], log: log)
        } isReady: {
            (try? await TestCommand.run(["redis-cli", "-p", "\(port)", "ping"])) == "PONG"
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
        _ = try? await TestCommand.run(["rm", "-rf", folder])
    }
}
