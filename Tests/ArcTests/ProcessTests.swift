import Glibc
import LocalStack
import Synchronization
import Testing

@Suite struct ProcessTests {
    private func shell(_ script: String, environment: [String: String] = [:]) -> ProcessCommand {
        ProcessCommand(executable: "/bin/sh", arguments: ["-c", script], environment: environment)
    }

    @Test func `output, errors and the exit code come back`() async throws {
        let outcome = try await shell("echo one; echo two; echo bad >&2; exit 5").run()
        #expect(outcome.output == "one\ntwo")
        #expect(outcome.errors == "bad")
        #expect(outcome.exit == .code(5))
    }

    @Test func `standard input is given and closed`() async throws {
        var command = ProcessCommand(executable: "/bin/cat")
        command.input = Array("hello\nthere".utf8)
        #expect(try await command.run().output == "hello\nthere")
    }

    @Test func `input longer than a pipe surely holds is refused instead of blocking`() async {
        var command = ProcessCommand(executable: "/bin/cat")
        command.input = [UInt8](repeating: 65, count: ProcessReactor.maximumInput + 1)
        await #expect(throws: LocalStackError.self) { try await command.run() }
    }

    @Test func `a child inherits no variables and no descriptors`() async throws {
        let outcome = try await shell("env; ls /proc/self/fd | wc -l", environment: ["ONLY": "this"]).run()
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.contains("ONLY=this"))
        #expect(!lines.contains { $0.hasPrefix("HOME=") })
        #expect(lines.last == "4")  // 0, 1, 2 and the folder that `ls` reads
    }

    @Test func `a missing program is an error that names it`() async {
        await #expect(
            throws: LocalStackError.cannotStart(program: "/no/such/program", reason: "No such file or directory")
        ) { try await ProcessCommand(executable: "/no/such/program").run() }
    }

    @Test func `the end by a signal is reported`() async throws {
        #expect(try await shell("kill -TERM $$").run().exit == .signal(SIGTERM))
    }

    @Test func `a killed child takes its group with it`() async throws {
        let (lines, continuation) = AsyncStream<Int32>.makeStream()
        let child = try await ProcessReactor.shared.spawn(shell("sleep 300 & echo $!; wait")) { _, line in
            if let identifier = Int32(String(decoding: line, as: UTF8.self)) { continuation.yield(identifier) }
        }
        var iterator = lines.makeAsyncIterator()
        let grandchild = try #require(await iterator.next())
        #expect(kill(grandchild, 0) == 0)
        child.send(.kill)
        #expect(await child.waitUntilExit() == .signal(SIGKILL))
        #expect(try await isGone(grandchild))
    }

    @Test func `what a child leaves behind in its group ends with it`() async throws {
        let outcome = try await shell("sleep 300 >/dev/null 2>&1 & echo $!").run()
        #expect(try await isGone(try #require(Int32(outcome.output))))
    }

    @Test func `a signal after the end goes nowhere`() async throws {
        let child = try await ProcessReactor.shared.spawn(shell("exit 0")) { _, _ in }
        #expect(await child.waitUntilExit() == .code(0))
        child.send(.kill)
        #expect(child.exit == .code(0))
    }

    @Test func `a canceled run kills its program`() async throws {
        let command = shell("exec sleep 300")
        let running = Task { try await command.run() }
        running.cancel()
        #expect(try await running.value.exit == .signal(SIGKILL))
    }

    @Test(.enabled(if: geteuid() == 0)) func `root's servers run as another user, without root's groups`() async throws
    {
        let account = try #require(try ServerAccount.forServers())
        var command = ProcessCommand(executable: "/usr/bin/id", arguments: ["-G"])
        command.account = account
        #expect(try await command.run().output == "\(account.group)")
        command.arguments = ["-u"]
        #expect(try await command.run().output == "\(account.user)")
    }

    /// A process that nobody reaped yet still counts for `kill(0)`, so its state is read.
    private func isGone(_ identifier: Int32) async throws -> Bool {
        // Two minutes, as everywhere.
        for _ in 0..<12_000 {
            // One that ends between opening the file and reading it is an error of the read.
            guard let stat = (try? FileSystem.read("/proc/\(identifier)/stat")) ?? nil,
                !ProcessRecord.isZombie(stat: stat)
            else {
                return true
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }
}
