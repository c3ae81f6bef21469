import Glibc
import LocalStack
import Synchronization
import TestSupport
import Testing

/// A stack in a test's folder, with free ports for its services, and what it reported so far.
final class RunningStack: Sendable {
    let stack: LocalStack
    private let home: StackHome
    private let running: Task<LocalStackError?, Never>
    private let reported: Recorder
    private let announceStop: AsyncStream<Void>.Continuation
    private let ready: AsyncStream<StackSummary>

    init(
        _ folder: TestFolder, environment: [String: String] = [:], services: [StackService] = StackService.all,
        silenceLimit: Duration = .seconds(60), waitingInterval: Duration = .seconds(60)
    ) async throws {
        var variables = ["PATH": ProcessEnvironment.current()["PATH"] ?? "/usr/bin:/bin"]
        for service in StackService.all { variables[service.portVariable] = "\(try TestCommand.freePort())" }
        home = StackHome(path: "\(folder.path)/home", currentFolder: "/")
        let reported = Recorder()
        self.reported = reported
        var configuration = LocalStack.Configuration(
            home: home, executable: try await StandIn.install(in: folder.path),
            environment: variables.merging(environment) { $1 })
        configuration.services = services
        configuration.silenceLimit = silenceLimit
        configuration.waitingInterval = waitingInterval
        let stack = LocalStack(configuration: configuration, report: { reported.append($0) })
        self.stack = stack
        let (stop, announceStop) = AsyncStream<Void>.makeStream()
        let (ready, announceReady) = AsyncStream<StackSummary>.makeStream()
        self.announceStop = announceStop
        self.ready = ready
        running = Task {
            defer { announceReady.finish() }
            do throws(LocalStackError) {
                try await stack.run(until: { for await _ in stop { return } }, ready: { announceReady.yield($0) })
                return nil
            } catch {
                return error
            }
        }
    }

    /// Waits until everything serves.
    func summary() async throws -> StackSummary {
        for await summary in ready { return summary }
        throw try #require(await running.value)
    }

    /// Waits for the end of a start that fails.
    func failure() async -> LocalStackError? { await running.value }

    /// Stops it and returns the names of what ended, in order.
    func stop() async -> [String] {
        let count = events.count
        announceStop.yield()
        _ = await running.value
        return events.dropFirst(count).filter { $0.contains(" stopped") }.compactMap {
            $0.split(separator: " ").first.map(String.init)
        }
    }

    var events: [String] { reported.lines }

    /// The components whose warnings reached the terminal.
    var alarms: [String] {
        events.filter { $0.hasPrefix("[") }.compactMap { $0.dropFirst().split(separator: "]").first.map(String.init) }
    }

    /// Waits until the reports satisfy `condition`.
    func waitForEvents(_ condition: ([String]) -> Bool) async throws {
        do {
            try await eventually("the reports are there") { condition(events) }
        } catch {
            throw TestFailure("\(error); reported: \(events)")
        }
    }

    func state() throws -> StackState {
        try StackState(text: try #require(try FileSystem.read(home.stateFile)), path: home.stateFile)
    }

    /// Permission bits of a file in the home.
    func mode(_ name: String) -> mode_t {
        var status = stat()
        return stat("\(home.path)/\(name)", &status) == 0 ? status.st_mode & 0o777 : 0
    }
}

/// Collects reports from any thread.
private final class Recorder: Sendable {
    private let texts = Mutex<[String]>([])
    var lines: [String] { texts.withLock(\.self) }
    func append(_ event: StackEvent) { texts.withLock { $0.append(event.description) } }
}
