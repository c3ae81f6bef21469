import Foundation
import Synchronization

@testable import PostgresClient

/// A cluster of its own that a test may stop and start; on a Unix socket in a temporary folder.
struct RestartableServer {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let folder: String
    private let programs: String

    /// - Parameter prepare: Called before the start with the server, to write into its `configuration`.
    static func with(
        prepare: (RestartableServer) async throws -> Void = { _ in }, _ body: (RestartableServer) async throws -> Void
    ) async throws {
        let server = try await RestartableServer()
        do {
            try await prepare(server)
            try await server.start()
            try await body(server)
        } catch {
            await server.remove()
            throw error
        }
        await server.remove()
    }

    private init() async throws {
        programs = try await Self.run(["pg_config", "--bindir"])
        folder = try await Self.makeFolder()
        _ = try await run(["cp", "-a", "\(try await Self.template.value)/data", "\(folder)/data"])
        try append("listen_addresses = ''\nunix_socket_directories = '\(folder)'\nfsync = off\n")
    }

    /// A folder with a cluster that was never started, made once: copying is much faster than initdb.
    private static let template = Task { () async throws -> String in
        let folder = try await makeFolder()
        templateFolder.withLock { $0 = folder }
        atexit {
            if let folder = templateFolder.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: folder) }
        }
        let program = "\(try await run(["pg_config", "--bindir"]))/initdb"
        let options = ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"]
        _ = try await run(asServer([program, "-D", "\(folder)/data"] + options))
        return folder
    }

    private static let templateFolder = Mutex<String?>(nil)

    /// A new folder that belongs to the server's user.
    private static func makeFolder() async throws -> String {
        let folder = try await run(["mktemp", "-d", "/tmp/arc-pg-XXXXXX"])
        if getuid() == 0 { _ = try await run(["chown", "postgres", folder]) }
        return folder
    }

    /// The command as the server's user: postgres if we are root, whom PostgreSQL refuses.
    private static func asServer(_ command: [String]) -> [String] {
        getuid() == 0 ? ["runuser", "-u", "postgres", "--"] + command : command
    }

    /// Appends lines to `postgresql.conf`.
    func append(_ settings: String) throws {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(folder)/data/postgresql.conf"))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(settings.utf8))
        try handle.close()
    }

    func configuration(_ change: (inout PostgresConfiguration) -> Void = { _ in }) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(
            host: folder, user: "postgres", database: "postgres", schema: "public", maximumConnections: 4,
            connectionTimeout: .seconds(20))
        change(&configuration)
        return configuration
    }

    func start() async throws {
        try await control(["pg_ctl", "-D", "\(folder)/data", "-l", "\(folder)/log", "-w", "start"])
    }

    func stop() async throws {
        try await control(["pg_ctl", "-D", "\(folder)/data", "-m", "fast", "-w", "stop"])
    }

    func restart() async throws {
        try await control(["pg_ctl", "-D", "\(folder)/data", "-l", "\(folder)/log", "-m", "fast", "-w", "restart"])
    }

    private func remove() async {
        try? await control(["pg_ctl", "-D", "\(folder)/data", "-m", "immediate", "-w", "stop"])
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func control(_ arguments: [String]) async throws {
        _ = try await run(["\(programs)/\(arguments[0])"] + arguments.dropFirst())
    }

    /// Runs a program as the server's user.
    @discardableResult
    func run(_ command: [String]) async throws -> String {
        try await Self.run(Self.asServer(command))
    }

    /// A TCP port of 127.0.0.1 that nobody uses; below those that the system gives to outgoing connections.
    static func freePort() throws -> UInt16 {
        for _ in 0..<100 {
            let port = UInt16.random(in: 20000..<32000)
            if isFree(port) { return port }
        }
        throw Failure(description: "no free port")
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = port.bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    /// Runs a command and returns what it writes. By the shell and not by Foundation's `Process`, which takes a program
    /// for running as long as the server that it started in the background lives.
    private static func run(_ command: [String]) async throws -> String {
        let output = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: output) }
        let words = command.map { "'\($0)'" }.joined(separator: " ")
        // On a thread of its own: to block here would hold one of the few threads that all tests share.
        let status = await BlockingThread.run { system("cd / && \(words) > '\(output.path)' 2>&1 < /dev/null") }
        let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
        guard status == 0 else { throw Failure(description: "\(command.joined(separator: " ")): \(text)") }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
