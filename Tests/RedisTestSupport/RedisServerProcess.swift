package import Foundation
package import RedisClient
import TestSupport

/// A test's own redis-server: 127.0.0.1, a free port, a temporary folder, no persistence. It is killed when the test
/// releases it.
///
/// A test uses it from one task at a time.
package final class RedisServerProcess: @unchecked Sendable {
    /// Options with which it keeps its data in a log, so that what it has after an outage is old instead of nothing: the harder
    /// case for caches.
    package static let keepingData = ["--appendonly", "yes", "--appendfsync", "no"]

    package let port: Int
    package let folder: URL
    private let arguments: [String]
    private var process: TestProcess?

    /// - Parameter arguments: More options of redis-server.
    package init(_ arguments: [String] = [], usesTLS: Bool = false) async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("redis-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let port = try TestCommand.freePort()
        self.port = port
        self.arguments =
            (usesTLS ? ["--port", "0", "--tls-port", "\(port)"] : ["--port", "\(port)"])
            + ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder.path] + arguments
        try await start()
    }

    deinit {
        signal(SIGKILL)
        try? FileManager.default.removeItem(at: folder)
    }

    /// How to reach it, with patience enough for a machine under load.
    package var configuration: RedisConfiguration {
        RedisConfiguration(
            endpoint: .host("127.0.0.1", port: port), connectTimeout: .seconds(30), commandTimeout: .seconds(30))
    }

    /// Starts the server and waits until it says that it is ready.
    package func start() async throws {
        let log = folder.appendingPathComponent("log")
        process = try await ServerStart.run("Redis", log: log) {
            TestProcess(["redis-server"] + arguments, output: log)
        } isReady: {
            (try? String(contentsOf: log, encoding: .utf8))?.contains("Ready to accept connections") == true
        }
    }

    /// Kills the server without warning and waits for its end.
    package func stop() async throws {
        guard let process else { return }
        signal(SIGKILL)
        try await eventually("Redis has ended") { !process.isRunning }
        self.process = nil
    }

    /// The server keeps its connections but does nothing.
    package func pause() { signal(SIGSTOP) }

    /// Ends `pause`.
    package func resume() { signal(SIGCONT) }

    private func signal(_ number: Int32) {
        if let process { kill(process.processIdentifier, number) }
    }
}
