import Foundation
import PostgresClient

/// A cluster of its own that a test may stop and start; on a Unix socket in a temporary folder.
struct RestartableServer {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let folder: String
    private let programs: String

    static func with(_ body: (RestartableServer) async throws -> Void) async throws {
        let server = try RestartableServer()
        defer { server.remove() }
        try server.start()
        try await body(server)
    }

    private init() throws {
        programs = try Self.run(["pg_config", "--bindir"])
        folder = try Self.run(["mktemp", "-d", "/tmp/arc-pg-XXXXXX"])
        if getuid() == 0 { _ = try Self.run(["chown", "postgres", folder]) }
        try control(["initdb", "-D", "\(folder)/data", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"])
        let settings = """
            listen_addresses = ''
            unix_socket_directories = '\(folder)'
            fsync = off

            """
        let file = "\(folder)/data/postgresql.conf"
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
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

    func start() throws {
        try control(["pg_ctl", "-D", "\(folder)/data", "-l", "\(folder)/log", "-w", "start"])
    }

    func stop() throws {
        try control(["pg_ctl", "-D", "\(folder)/data", "-m", "fast", "-w", "stop"])
    }

    func restart() throws {
        try control(["pg_ctl", "-D", "\(folder)/data", "-l", "\(folder)/log", "-m", "fast", "-w", "restart"])
    }

    private func remove() {
        try? control(["pg_ctl", "-D", "\(folder)/data", "-m", "immediate", "-w", "stop"])
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Runs one of PostgreSQL's programs; as user postgres if we are root, whom PostgreSQL refuses.
    private func control(_ arguments: [String]) throws {
        let command = ["\(programs)/\(arguments[0])"] + arguments.dropFirst()
        _ = try Self.run(getuid() == 0 ? ["runuser", "-u", "postgres", "--"] + command : command)
    }

    private static func run(_ command: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        // Into a file: the server that pg_ctl starts inherits it, so that a pipe would never end.
        let output = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        guard FileManager.default.createFile(atPath: output.path, contents: nil) else {
            throw Failure(description: "cannot write \(output.path)")
        }
        defer { try? FileManager.default.removeItem(at: output) }
        let handle = try FileHandle(forWritingTo: output)
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        process.waitUntilExit()
        let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(command.joined(separator: " ")): \(text)")
        }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
