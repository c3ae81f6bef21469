import Foundation
import TestSupport
import Testing

/// `make dev`: scripts/dev.py with stand-ins for the build and for what runs.
@Suite struct DevelopmentLoopTests {
    /// A folder with a source, a build that copies it unless it contains `bad`, and a program that says what was built.
    private final class Workshop: Sendable {
        let folder = TestCommand.temporaryFile("dev")

        init() throws {
            try FileManager.default.createDirectory(
                at: folder.appendingPathComponent("sources"), withIntermediateDirectories: true)
            try write("one", "sources/main")
            try write(
                """
                if grep -q bad sources/main; then echo "sources/main:1: error: this is bad"; exit 1; fi
                cp sources/main built
                """, "build.sh")
            try write(
                """
                trap 'echo "stopped $text"; exit 0' TERM
                text=$(cat built)
                echo "running $text"
                while [ ! -e crash ]; do sleep 0.1; done
                rm crash
                exit 3
                """, "run.sh")
        }

        func write(_ text: String, _ name: String) throws {
            try Data("\(text)\n".utf8).write(to: folder.appendingPathComponent(name))
        }

        /// Not started yet.
        func loop(log: URL) -> TestProcess {
            let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../../scripts/dev.py").standardizedFileURL.path
            var environment = ProcessInfo.processInfo.environment
            environment["ARC_HOME"] = folder.appendingPathComponent("home").path
            return TestProcess(
                [
                    "env", "-C", folder.path, "python3", script, "--interval", "0.1", "--watch", "sources",
                    "--build", "sh build.sh", "--run", "exec sh run.sh",
                ], environment: environment, output: log)
        }

        func remove() { try? FileManager.default.removeItem(at: folder) }
    }

    private func text(_ log: URL) -> String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    private func withLoop(_ body: (Workshop, TestProcess, URL) async throws -> Void) async throws {
        let workshop = try Workshop()
        let log = TestCommand.temporaryFile("dev.log")
        let loop = workshop.loop(log: log)
        try loop.start()
        let outcome: Result<Void, any Error>
        do {
            try await eventually("it runs") { text(log).contains("running one") }
            outcome = .success(try await body(workshop, loop, log))
        } catch {
            outcome = .failure(error)
        }
        loop.kill()
        workshop.remove()
        try? FileManager.default.removeItem(at: log)
        try outcome.get()
    }

    @Test func `a change is built and started, and a failing build leaves what runs`() async throws {
        try await withLoop { workshop, loop, log in
            try workshop.write("two", "sources/main")
            try await eventually("the change runs") { text(log).contains("stopped one\nrunning two") }

            try workshop.write("bad", "sources/main")
            try await eventually("the failure is shown") { text(log).contains("what was built before goes on") }
            #expect(text(log).contains("sources/main:1: error: this is bad"))
            #expect(!text(log).contains("stopped two"))

            try workshop.write("three", "sources/main")
            try await eventually("the correction runs") { text(log).contains("stopped two\nrunning three") }

            loop.send(SIGINT)
            try await eventually("everything has ended") { !loop.isRunning }
            #expect(loop.end == .code(0))
            #expect(text(log).hasSuffix("stopping everything\nstopped three\n"), "\(text(log))")
        }
    }

    @Test func `what ends by itself is said, and the next change starts it again`() async throws {
        try await withLoop { workshop, _, log in
            try workshop.write("", "crash")
            try await eventually("the end is shown") { text(log).contains("it has ended with code 3") }
            try workshop.write("four", "sources/main")
            try await eventually("it runs again") { text(log).contains("running four") }
        }
    }

    @Test func `a second one says what runs, and changes nothing`() async throws {
        try await withLoop { workshop, loop, log in
            let otherLog = TestCommand.temporaryFile("dev.log")
            defer { try? FileManager.default.removeItem(at: otherLog) }
            let other = workshop.loop(log: otherLog)
            try other.start()
            try await eventually("the second one has ended") { !other.isRunning }
            #expect(other.end == .code(1))
            #expect(text(otherLog).contains("runs already: process \(loop.processIdentifier) in "), "\(text(otherLog))")
            #expect(loop.isRunning && !text(log).contains("stopped"))
        }
    }

    @Test func `what runs ends with a loop that is killed`() async throws {
        try await withLoop { _, loop, log in
            loop.kill()
            try await eventually("it has ended") { text(log).contains("stopped one") }
        }
    }
}
