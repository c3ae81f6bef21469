import Foundation
import JSONCoding
import PostgresTestSupport
import StackTestSupport

/// A service in its own process: `arc serve`.
final class ArcProcess {
    let port: Int
    private let service: StackData.ServiceKind
    private let environment: [String: String]
    private let log: URL
    private var process: TestProcess?

    /// Starts a service and waits until it answers.
    init(_ service: StackData.ServiceKind, environment: [String: String]) async throws {
        self.service = service
        port = try TestCommand.freePort()
        log = TestCommand.temporaryFile("arc-process")
        var environment = environment
        environment["PORT"] = "\(port)"
        environment["LOG_LEVEL"] = environment["LOG_LEVEL"] ?? "warning"
        environment["PATH"] = ProcessInfo.processInfo.environment["PATH"]
        // A crash is to be seen, but nobody reads its backtrace, which takes many seconds.
        environment["SWIFT_BACKTRACE"] = "enable=no"
        self.environment = environment
        try await start()
    }

    var client: TestHTTPClient { TestHTTPClient(port: port) }

    /// Starts the service again, on its port.
    func start() async throws {
        process = try await ServerStart.run(service.rawValue, log: log) {
            TestProcess(
                [try ArcCommand.executable(), "serve", service.rawValue], environment: environment, output: log)
        } isReady: {
            let answer = try? await client.get("/health/ready")
            return answer?.json["status"]?.stringValue == "ok"
        }
    }

    /// `kill -9`.
    func kill() async throws {
        guard let process else { return }
        process.kill()
        try await eventually("the process has ended") { !process.isRunning }
        self.process = nil
    }

    /// SIGSTOP: it keeps its connections and does nothing.
    func freeze() async throws {
        guard let process else { return }
        process.send(SIGSTOP)
        let status = "/proc/\(process.processIdentifier)/stat"
        try await eventually("the process is stopped") {
            // The state follows the name, which is in parentheses.
            try await TestCommand.run(["cat", status]).contains(") T ")
        }
    }

    /// SIGHUP: it reads its settings again.
    func hangUp() {
        guard let process else { return }
        process.send(SIGHUP)
    }

    /// What it has logged.
    var logged: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    /// SIGCONT.
    func resume() {
        guard let process else { return }
        process.send(SIGCONT)
    }

    /// Whether it still runs.
    var isRunning: Bool { process?.isRunning ?? false }

    /// SIGTERM.
    /// - Returns: The exit code.
    @discardableResult
    func stop() async throws -> Int32 {
        guard let process else { return 0 }
        process.send(SIGTERM)
        do {
            try await eventually("the process has ended") { !process.isRunning }
        } catch {
            try await kill()
            throw error
        }
        self.process = nil
        switch process.end {
        case .code(let code): return code
        case .signal(let number): return -number
        case nil: return 0
        }
    }

    /// Ends it however, and removes its log.
    func remove() async {
        try? await kill()
        try? FileManager.default.removeItem(at: log)
    }
}
