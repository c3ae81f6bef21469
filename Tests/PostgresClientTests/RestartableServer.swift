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
        let server = try await RestartableServer()
        do {
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
        folder = try await Self.run(["mktemp", "-d", "/tmp/arc-pg-XXXXXX"])
        if getuid() == 0 { _ = try await Self.run(["chown", "postgres", folder]) }
        try await control(["initdb", "-D", "\(folder)/data", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"])
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

    /// Runs one of PostgreSQL's programs; as user postgres if we are root, whom PostgreSQL refuses.
    private func control(_ arguments: [String]) async throws {
        let command = ["\(programs)/\(arguments[0])"] + arguments.dropFirst()
        _ = try await Self.run(getuid() == 0 ? ["runuser", "-u", "postgres", "--"] + command : command)
    }

    private static func run(_ command: [String]) async throws -> String {
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
        // Waiting by a handler: to block here would hold one of the few threads that all tests share.
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(command.joined(separator: " ")): \(text)")
        }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
