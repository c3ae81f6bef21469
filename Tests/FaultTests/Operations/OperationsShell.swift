import Foundation
import PostgresTestSupport
import StackTestSupport

/// Types commands of docs/operations.md as a person does: with bash, psql and the programs of this build.
struct OperationsShell {
    private let folder: URL
    private let environment: [String: String]

    /// Gives `body` a shell in an empty folder.
    static func run(_ body: (OperationsShell) async throws -> Void) async throws {
        let servers = try TestServers.current()
        let folder = TestCommand.temporaryFile("operations")
        let programs = folder.appendingPathComponent("bin")
        try FileManager.default.createDirectory(at: programs, withIntermediateDirectories: true)
        let own = ProcessInfo.processInfo.environment
        let shell = OperationsShell(
            folder: folder,
            environment: [
                "PATH": "\(programs.path):\(own["PATH"] ?? "/usr/bin:/bin")", "HOME": folder.path,
                "ARC_HOME": folder.appendingPathComponent("none").path, "PGSSLMODE": "disable",
                "REDIS_CLI_HOST": servers.redisHost, "REDIS_CLI_PORT": servers.redisPort, "DB_SSLMODE": "disable",
            ])
        try await withCleanup {
            try await shell.install("arc", #"exec "\#(try ArcCommand.executable())" "$@""#)
            // The document's commands go to the Redis of the test, and those for AWS to moto.
            try await shell.install(
                "redis-cli", #"PATH="${PATH#*:}" exec redis-cli -h "$REDIS_CLI_HOST" -p "$REDIS_CLI_PORT" "$@""#)
            if own["ARC_TEST_PEERS"] != nil {
                let peer = try PythonPeer.command("aws_cli.py").map { "\"\($0)\"" }.joined(separator: " ")
                try await shell.install("aws", #"exec \#(peer) "$@""#)
            }
            try await body(shell)
        } cleanup: {
            try? FileManager.default.removeItem(at: folder)
        }
    }

    private func install(_ name: String, _ line: String) async throws {
        let file = folder.appendingPathComponent("bin/\(name)")
        try await TestCommand.install("#!/bin/sh\n\(line)\n", at: file.path)
    }

    /// A file that commands find in their folder.
    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: folder.appendingPathComponent(name))
    }

    /// The path of such a file.
    func path(of name: String) -> String { folder.appendingPathComponent(name).path }

    /// Types a command.
    /// - Parameters:
    ///   - replacements: What stands in for the document's examples.
    ///   - adding: Options after it.
    ///   - prelude: Lines of the document that are typed before.
    func type(
        _ command: OperationsDocument.Command, replacing replacements: [(String, String)] = [], adding: String = "",
        after prelude: String = "", environment more: [String: String] = [:]
    ) async throws -> TestCommand.Outcome {
        let text = try text(of: command, replacements)
        return try await TestCommand.outcome(
            of: ["bash", "-o", "pipefail", "-c", "\(prelude)\n\(text)\(adding.isEmpty ? "" : " \(adding)")"],
            environment: environment.merging(more) { $1 }, in: folder)
    }

    /// Types a command that has to succeed.
    /// - Returns: What it printed, without white space around it.
    @discardableResult
    func succeed(
        _ command: OperationsDocument.Command, replacing replacements: [(String, String)] = [], adding: String = "",
        after prelude: String = "", environment more: [String: String] = [:]
    ) async throws -> String {
        let outcome = try await type(
            command, replacing: replacements, adding: adding, after: prelude, environment: more)
        guard outcome.status == 0 else {
            throw TestFailure("\(command) ended with \(outcome.status): \(outcome.output)\(outcome.errors)")
        }
        return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Runs a statement with psql.
    /// - Parameter user: The role; nil for the superuser.
    /// - Returns: The rows, with a vertical bar between columns.
    @discardableResult
    func query(
        _ command: OperationsDocument.Command, in database: TestDatabase, as user: String? = nil,
        replacing replacements: [(String, String)] = []
    ) async throws -> [String] {
        let outcome = try await TestCommand.outcome(
            of: [
                "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", database.server.host, "-p",
                database.server.port, "-U", user ?? database.server.user, "-d", database.name, "-c",
                try text(of: command, replacements),
            ], environment: environment, in: folder)
        guard outcome.status == 0 else { throw TestFailure("\(command): \(outcome.errors)") }
        return outcome.output.split(separator: "\n").map(String.init)
    }

    /// Runs a command of psql that asks for something, twice.
    func ask(_ command: OperationsDocument.Command, in database: TestDatabase, answers: String) async throws {
        let server = database.server
        let psql = "psql -X -h \(server.host) -p \(server.port) -U \(server.user) -d \(database.name)"
        // Without a terminal, psql reads answers from its input.
        let script = "printf '%s\\n' '\(answers)' '\(answers)' | setsid --wait \(psql) -c '\(command.text)'"
        let outcome = try await TestCommand.outcome(of: ["bash", "-c", script], environment: environment, in: folder)
        guard outcome.status == 0 else { throw TestFailure("\(command): \(outcome.errors)") }
    }

    /// A command as it is typed.
    /// - Parameter replacements: What stands in for the document's examples.
    func text(of command: OperationsDocument.Command, _ replacements: [(String, String)]) throws -> String {
        var text = command.text
        for (old, new) in replacements {
            guard text.contains(old) else { throw TestFailure("\(text) has no \(old)") }
            text = text.replacingOccurrences(of: old, with: new)
        }
        guard !text.contains("…") else { throw TestFailure("nothing stands in for … in: \(text)") }
        return text
    }

    /// The variables of `arc migrate` for a database, as the superuser.
    static func variables(of database: TestDatabase) -> [String: String] {
        [
            "DB_HOST": database.server.host, "DB_PORT": database.server.port, "DB_DATABASE": database.name,
            "DB_USER": database.server.user,
        ]
    }
}
