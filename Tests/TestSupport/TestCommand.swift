package import Foundation
import Synchronization

/// Runs programs, without ever blocking one of the few threads that all tests share.
package enum TestCommand {
    /// What came of a program that has ended.
    package struct Outcome: Sendable {
        /// Its exit code, or the number of the signal that ended it.
        package let status: Int32
        /// What it wrote to standard output.
        package let output: String
        /// What it wrote to standard error.
        package let errors: String
    }

    /// Runs a program to its end, whatever that is.
    /// - Parameters:
    ///   - arguments: The program, found by PATH, and its arguments.
    ///   - environment: All of its environment; nil: that of the tests.
    ///   - folder: Where it runs.
    /// - Throws: ``TestFailure`` when nothing can be written into the temporary folder, or the system starts nothing.
    package static func outcome(
        of arguments: [String], environment: [String: String]? = nil, in folder: URL = URL(fileURLWithPath: "/")
    ) async throws -> Outcome {
        let logs = ["out", "err"].map { temporaryFile("arc-command.\($0)") }
        defer { for log in logs { try? FileManager.default.removeItem(at: log) } }
        let process = TestProcess(arguments, environment: environment, in: folder, output: logs[0], errors: logs[1])
        try process.start()
        let status: Int32
        switch await process.waitForEnd() {
        case .code(let number), .signal(let number): status = number
        }
        let texts = try logs.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
        return Outcome(status: status, output: texts[0], errors: texts[1])
    }

    /// Runs a program that has to succeed.
    /// - Returns: What it wrote to standard output, without white space around it.
    /// - Throws: ``TestFailure`` with all that it wrote, unless it exits with 0.
    @discardableResult
    package static func run(_ arguments: [String]) async throws -> String {
        let outcome = try await outcome(of: arguments)
        guard outcome.status == 0 else {
            throw TestFailure(
                "\(arguments.joined(separator: " ")) ended with \(outcome.status): \(outcome.output)\(outcome.errors)")
        }
        return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Writes a program that can be executed at once. Another process writes it: whatever this one starts at that moment would
    /// have the file open for writing, too, and the system executes no file that somebody writes ("Text file busy").
    package static func install(_ program: String, at path: String) async throws {
        let source = temporaryFile("program")
        defer { try? FileManager.default.removeItem(at: source) }
        try Data(program.utf8).write(to: source)
        try await run(["install", "-m", "755", source.path, path])
    }

    /// A file of that name and some more in the temporary folder; it is not made.
    package static func temporaryFile(_ name: String) -> URL {
        FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString)-\(name)")
    }

    private static let givenPorts = Mutex<Set<UInt16>>([])

    /// A port on which nobody listens at the moment, given to nobody else of this process. It is below those that the
    /// system gives to outgoing connections, so that none of them has it while a server that was killed is away, and below
    /// those that `arc up` chooses.
    /// - Throws: ``TestFailure`` when there is none.
    package static func freePort() throws -> Int {
        for _ in 0..<200 {
            let port = UInt16.random(in: 10_000..<15_000)
            if isFree(port), givenPorts.withLock({ $0.insert(port).inserted }) { return Int(port) }
        }
        throw TestFailure("no free port")
    }

    private static func isFree(_ port: UInt16) -> Bool {
        guard let socket = try? LoopbackSocket(port: port) else { return false }
        socket.close()
        return true
    }
}
