import Glibc
import LocalStack
import Synchronization
import TestSupport
import Testing

/// `arc up` itself, as a person runs it: the built program with the real services.
@Suite struct UpCommandTests {
    /// A running `arc up` and what it has printed.
    private final class Terminal: Sendable {
        let child: ChildProcess
        private let lines: TerminalLines
        private let program: String
        private let environment: [String: String]

        init(home: StackHome, ports: [String: String]) async throws {
            let lines = TerminalLines()
            self.lines = lines
            let tests = try StackFiles.currentExecutable()
            program = "\(FileSystem.parent(of: tests))/arc"
            var environment = ports
            environment["PATH"] = ProcessEnvironment.current()["PATH"]
            environment["ARC_HOME"] = home.path
            self.environment = environment
            child = try await ProcessReactor.shared.spawn(
                ProcessCommand(executable: program, arguments: ["up"], environment: environment)
            ) { _, line in lines.append(line) }
        }

        /// What a command prints in another terminal.
        func run(_ arguments: String...) async throws -> String {
            let outcome = try await ProcessCommand(
                executable: program, arguments: arguments, environment: environment
            ).run()
            return outcome.output + outcome.errors
        }

        /// Waits until everything serves, or ends with what was printed instead.
        func waitUntilReady() async throws {
            try await eventually("everything serves") {
                try #require(child.exit == nil, "\(lines.text)")
                return lines.text.contains("Ctrl-C stops everything")
            }
        }

        var text: String { lines.text }
    }

    @Test func `a killed arc up takes its children along, the next one starts, and SIGTERM ends it`() async throws {
        let folder = try TestFolder()
        let home = StackHome(path: "\(folder.path)/home", currentFolder: "/")
        var ports: [String: String] = [:]
        for service in StackService.all { ports[service.portVariable] = "\(try TestCommand.freePort())" }

        let first = try await Terminal(home: home, ports: ports)
        try await first.waitUntilReady()
        let orphans = try records(home)
        #expect(orphans.count == 5)
        first.child.send(.kill)
        #expect(await first.child.waitUntilExit() == .signal(SIGKILL))
        // Services die with their parent, the servers end by themselves: nobody else stops them here.
        try await eventually("they have ended") { !orphans.contains(where: ProcessRegistry.isRunning) }

        let second = try await Terminal(home: home, ports: ports)
        try await second.waitUntilReady()
        let running = try records(home)
        let report = try await second.run("doctor")
        for service in StackService.all { #expect(report.contains("\(service.name)\n"), "\(report)") }
        #expect(report.split(separator: "\n").count { $0.hasPrefix("  ok    HTTP: ok") } == 3, "\(report)")
        let replay = try await second.run(
            "events", "replay", "00000000-0000-4000-8000-000000000001", "--group", "nobody", "--reason", "r")
        #expect(replay.contains("nobody is not a consumer group; there are"), "\(replay)")
        second.child.send(.terminate)
        #expect(await second.child.waitUntilExit() == .code(0))
        #expect(!running.contains(where: ProcessRegistry.isRunning))
        #expect(second.text.contains("postgresql stopped\n"), "not killed")
    }

    private func records(_ home: StackHome) throws -> [ProcessRecord] {
        try FileSystem.read(home.processFile)?.split(separator: "\n").compactMap { ProcessRecord(line: $0) } ?? []
    }
}

/// Collects lines from the reactor's thread.
private final class TerminalLines: Sendable {
    private let bytes = Mutex<[UInt8]>([])
    var text: String { String(decoding: bytes.withLock(\.self), as: UTF8.self) }
    func append(_ line: ArraySlice<UInt8>) { bytes.withLock { $0 += line + [UInt8(ascii: "\n")] } }
}
