import Foundation
import Testing

@testable import RedisClient

/// A redis-server of a test's own: 127.0.0.1, free port, temporary folder, no persistence. Stopped by its process
/// identifier when the test lets go of it.
final class RedisServerProcess {
    let port: Int
    let folder: URL
    private let arguments: [String]
    private var process: Process?

    /// - Parameter arguments: more options of redis-server; `PORT` in them becomes the port.
    init(_ arguments: [String] = [], usesTLS: Bool = false) async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("redis-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let port = try Self.freePort()
        self.port = port
        self.arguments =
            (usesTLS ? ["--port", "0", "--tls-port", "\(port)"] : ["--port", "\(port)"])
            + ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder.path] + arguments
        try await start()
    }

    deinit {
        stop()
        try? FileManager.default.removeItem(at: folder)
    }

    /// How to reach it, with patience enough for a machine under load.
    var configuration: RedisConfiguration {
        RedisConfiguration(
            endpoint: .host("127.0.0.1", port: port), connectTimeout: .seconds(30), commandTimeout: .seconds(30))
    }

    /// Starts the server and waits until it says that it is ready.
    func start() async throws {
        let log = folder.appendingPathComponent("log")
        try Data().write(to: log)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["redis-server"] + arguments
        process.standardOutput = try FileHandle(forWritingTo: log)
        process.standardError = process.standardOutput
        try process.run()
        self.process = process
        while try !String(contentsOf: log, encoding: .utf8).contains("Ready to accept connections") {
            guard process.isRunning else {
                throw StartFailure(log: try String(contentsOf: log, encoding: .utf8))
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Kills the server without warning and waits for its end.
    func stop() {
        guard let process else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        self.process = nil
    }

    /// The server goes on holding its connections but does nothing.
    func pause() { signal(SIGSTOP) }

    /// Ends `pause`.
    func resume() { signal(SIGCONT) }

    private func signal(_ number: Int32) {
        if let process { kill(process.processIdentifier, number) }
    }

    struct StartFailure: Error {
        let log: String
    }

    /// A port that nobody listens on at this moment.
    static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 ? getsockname(descriptor, address, &length) : -1
            }
        }
        try #require(result == 0)
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
