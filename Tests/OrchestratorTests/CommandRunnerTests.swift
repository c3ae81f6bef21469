import Foundation
import JSONCoding
import PostgresTestSupport
import Primitives
import Testing

@testable import Orchestrator

@Suite(.serialized) struct CommandRunnerTests {
    private func run(
        _ script: String, input: [UInt8] = [], limit: Duration = .seconds(60),
        _ change: (inout Command) -> Void = { _ in }
    ) async throws -> CommandResult {
        var command = Command(
            arguments: ["/bin/sh", "-c", script], environment: ["PATH": "/usr/bin:/bin"], input: input, timeLimit: limit
        )
        command.graceTime = .milliseconds(200)
        change(&command)
        return try await CommandRunner.run(command)
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func `input, output and standard error are passed`() async throws {
        // Larger than any pipe, so that both directions must move at once.
        let input = [UInt8](repeating: UInt8(ascii: "a"), count: 200_000)
        let result = try await run("cat; echo problem >&2; exit 3", input: input)
        #expect(result.end == .exited(code: 3))
        #expect(result.output == input)
        #expect(text(result.errorTail) == "problem\n")
    }

    @Test func `output of any size goes through a channel that holds little of it`() async throws {
        let channel = OutputChannel(capacity: 64 << 10)
        async let result = run("head -c 3000000 /dev/zero | tr '\\0' 'a'; echo end; sleep 0") {
            $0.outputChannel = channel
        }
        var parts: [Int] = []
        var last: [UInt8] = []
        while let part = await channel.next(50_000) {
            parts.append(part.count)
            last = part
        }
        #expect(try await result.end == .exited(code: 0))
        #expect(try await result.output == [])
        #expect(parts.dropLast().allSatisfy { $0 == 50_000 } && parts.reduce(0, +) == 3_000_004)
        #expect(text(last) == "end\n")
    }

    @Test func `a program whose reader has stopped waits, and can be ended`() async throws {
        let channel = OutputChannel(capacity: 1000)
        let program = Task { try await run("cat /dev/zero") { $0.outputChannel = channel } }
        #expect(await channel.next(1000)?.count == 1000)
        // Nobody reads on; it would fill the memory otherwise.
        program.cancel()
        #expect(try await program.value.end == .cancelled)
        var rest = 0
        while let part = await channel.next(1000) { rest += part.count }
        #expect(rest < 2 << 20)
        let unstarted = OutputChannel()
        await #expect(throws: CommandFailure.self) {
            try await CommandRunner.run(
                Command(
                    arguments: ["/nowhere/program"], environment: [:], input: [], timeLimit: .seconds(60),
                    outputChannel: unstarted))
        }
        #expect(await unstarted.next(1) == nil, "who waits for its output goes on")
    }

    @Test func `a program need not read its input`() async throws {
        let result = try await run("exec 0<&-; echo fine", input: [UInt8](repeating: 0, count: 1_000_000))
        #expect(result.end == .exited(code: 0))
        #expect(text(result.output) == "fine\n")
    }

    @Test func `only the given environment is passed`() async throws {
        let result = try await run("env") { $0.environment = ["PATH": "/usr/bin:/bin", "A": "1"] }
        let names = text(result.output).split(separator: "\n").compactMap { $0.split(separator: "=").first }
        #expect(Set(names).subtracting(["PWD", "SHLVL", "_", "OLDPWD"]) == ["PATH", "A"])
    }

    @Test func `no descriptor is left open`() async throws {
        let result = try await run("ls /proc/self/fd")
        // The fourth is the folder that ls reads.
        #expect(text(result.output) == "0\n1\n2\n3\n")
    }

    @Test func `a program starts in its folder`() async throws {
        let result = try await run("pwd") { $0.workingDirectory = "/" }
        #expect(text(result.output) == "/\n")
    }

    @Test func `a program that takes too long is ended with its group`() async throws {
        let result = try await run("sleep 1000 & echo $!; wait", limit: .seconds(10))
        #expect(result.end == .timedOut)
        let child = try #require(Int32(text(result.output).dropLast()))
        try await expectGone(child)
    }

    @Test func `a program that ignores SIGTERM is killed`() async throws {
        let result = try await run(
            "trap '' TERM; echo $$; while :; do sleep 1000 & wait; done", limit: .seconds(10))
        #expect(result.end == .timedOut)
        try await expectGone(try #require(Int32(text(result.output).dropLast())))
    }

    @Test func `cancellation ends the program`() async throws {
        let started = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent(SecureRandom.hex(bytes: 8))
        let task = Task { try await run("echo $$ > \(started.path); exec sleep 1000") }
        try await eventually("the program runs", every: .milliseconds(5)) {
            (try? String(contentsOf: started, encoding: .utf8))?.hasSuffix("\n") == true
        }
        task.cancel()
        #expect(try await task.value.end == .cancelled)
        try await expectGone(try #require(Int32(try String(contentsOf: started, encoding: .utf8).dropLast())))
        try FileManager.default.removeItem(at: started)
    }

    @Test func `too much output ends the program`() async throws {
        let result = try await run("yes") { $0.maximumOutput = 100_000 }
        #expect(result.end == .tooMuchOutput)
        #expect(result.output.count == 100_001)
    }

    @Test func `too much output is an error although the program has ended by itself`() async throws {
        // Less than a pipe holds, so that the program may end before anybody has read.
        let result = try await run("head -c 30000 /dev/zero") { $0.maximumOutput = 20_000 }
        #expect(result.end == .tooMuchOutput)
        #expect(try await run("head -c 20000 /dev/zero") { $0.maximumOutput = 20_000 }.end == .exited(code: 0))
    }

    @Test func `only the end of standard error is kept`() async throws {
        let result = try await run("yes x | head -c 100000 >&2; echo last >&2")
        #expect(result.errorTail.count == 8192)
        #expect(text(result.errorTail).hasSuffix("last\n"))
    }

    @Test func `background programs are not waited for`() async throws {
        let result = try await run("sleep 1000 & echo $!")
        #expect(result.end == .exited(code: 0))
        kill(try #require(Int32(text(result.output).dropLast())), SIGKILL)
    }

    @Test func `a signal is reported`() async throws {
        #expect(try await run("kill -9 $$").end == .killed(signal: SIGKILL))
    }

    @Test func `a program that cannot be started is reported`() async throws {
        let failure = await #expect(throws: CommandFailure.self) {
            _ = try await run("") { $0.arguments = ["/no/such/program"] }
        }
        #expect(failure?.code == ENOENT)
    }

    /// A process that was killed is still there until its parent, or init, has noticed.
    private func expectGone(_ process: pid_t) async throws {
        try await eventually("process \(process) is gone", every: .milliseconds(5)) {
            kill(process, 0) != 0 || isZombie(process)
        }
    }

    private func isZombie(_ process: pid_t) -> Bool {
        let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        return status?.contains(") Z ") ?? true
    }
}
