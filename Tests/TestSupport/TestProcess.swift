import CProcess
import CTestProcess
import Dispatch
package import Foundation
import Synchronization

/// A program in a process of its own, which writes into files: what it starts in turn would keep a pipe open.
///
/// Foundation's `Process` reads beyond a buffer when more than 1,300 descriptors are open, which tests that run side by side have, and
/// keeps pipes and files of programs that have ended.
package final class TestProcess: Sendable {
    /// How a program has ended.
    package enum End: Sendable, Hashable {
        case code(Int32)
        /// By a signal, which nothing has handled.
        case signal(Int32)
    }

    private struct State {
        var processIdentifier: pid_t?
        var end: End?
        var waiting: [CheckedContinuation<End, Never>] = []
    }

    private let arguments: [String]
    private let environment: [String: String]
    private let folder: URL
    private let output: URL
    private let errors: URL?
    private let state = Mutex(State())

    /// A program that is not started yet.
    /// - Parameters:
    ///   - arguments: The program, found by PATH, and its arguments.
    ///   - environment: All of its environment; nil: that of the tests.
    ///   - folder: Where it runs.
    ///   - output: The file for standard output; it is emptied when the program starts.
    ///   - errors: The file for standard error; nil: that of standard output.
    package init(
        _ arguments: [String], environment: [String: String]? = nil, in folder: URL = URL(fileURLWithPath: "/"),
        output: URL, errors: URL? = nil
    ) {
        self.arguments = arguments
        self.environment = environment ?? ProcessInfo.processInfo.environment
        self.folder = folder
        self.output = output
        self.errors = errors
    }

    /// The number of its process; -1, which no process has, before it is started.
    package var processIdentifier: Int32 { state.withLock { $0.processIdentifier ?? -1 } }

    /// How it has ended; nil before the start, and while it runs.
    package var end: End? { state.withLock { $0.end } }

    package var isRunning: Bool { state.withLock { $0.processIdentifier != nil && $0.end == nil } }

    /// Starts it, once.
    /// - Throws: ``TestFailure`` when a file cannot be written, or the system starts nothing.
    package func start() throws {
        let input = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(input) }
        let log = try Self.writing(output)
        defer { close(log) }
        let errorLog = try errors.map(Self.writing)
        defer { if let errorLog { close(errorLog) } }
        var child: pid_t = 0
        let failure = spawn([input, log, errorLog ?? log], &child)
        guard failure == 0 else { throw failed(failure) }
        let exit = process_exit_descriptor(child)
        guard exit >= 0 else {
            let failure = errno
            Foundation.kill(child, SIGKILL)
            throw failed(failure)
        }
        state.withLock { $0.processIdentifier = child }
        let source = DispatchSource.makeReadSource(fileDescriptor: exit, queue: .global())
        source.setEventHandler { [self] in
            finish(child)
            source.cancel()
        }
        source.setCancelHandler { close(exit) }
        source.activate()
    }

    /// Waits for its end. Whoever calls it has started it.
    package func waitForEnd() async -> End {
        await withCheckedContinuation { continuation in
            let end = state.withLock { state in
                if state.end == nil { state.waiting.append(continuation) }
                return state.end
            }
            if let end { continuation.resume(returning: end) }
        }
    }

    /// Sends a signal, if it runs. Once it has ended, its number may be that of another process.
    package func send(_ signal: Int32) {
        state.withLock { state in
            guard let child = state.processIdentifier, state.end == nil else { return }
            Foundation.kill(child, signal)
        }
    }

    /// Ends it at once. Many programs do not end by SIGTERM when they have a connection open.
    package func kill() { send(SIGKILL) }

    private func finish(_ child: pid_t) {
        let (end, waiting) = state.withLock { state -> (End, [CheckedContinuation<End, Never>]) in
            var code: Int32 = 0
            var signal: Int32 = 0
            _ = process_reap(child, &code, &signal)
            let end = signal == 0 ? End.code(code) : .signal(signal)
            state.end = end
            defer { state.waiting = [] }
            return (end, state.waiting)
        }
        for continuation in waiting { continuation.resume(returning: end) }
    }

    /// `env` finds the program by PATH.
    private func spawn(_ descriptors: [Int32], _ child: inout pid_t) -> Int32 {
        let arguments = (["/usr/bin/env"] + self.arguments).map { strdup($0) }
        let variables = environment.map { strdup("\($0.key)=\($0.value)") }
        defer { for text in arguments + variables { free(text) } }
        return test_process_spawn(arguments + [nil], variables + [nil], folder.path, descriptors, &child)
    }

    private static func writing(_ file: URL) throws -> Int32 {
        let descriptor = open(file.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw TestFailure("cannot write \(file.path): \(String(cString: strerror(errno)))")
        }
        return descriptor
    }

    private func failed(_ number: Int32) -> TestFailure {
        TestFailure("cannot start \(arguments.first ?? "nothing"): \(String(cString: strerror(number)))")
    }
}
