import ArgumentParser
import LocalStack
import Observability
import UnixSignals

#if canImport(Glibc)
import Glibc
#endif

/// `arc up`: runs everything on this machine until Ctrl-C.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Run PostgreSQL, Redis and all services on this machine until Ctrl-C.",
        discussion: """
            Data, logs and generated secrets are kept in $ARC_HOME (default: .arc/) for the next start.
            Ports: TENANT_MANAGEMENT_PORT (3005), SUBSCRIPTION_PORT (3002), ORCHESTRATOR_PORT (3003).
            Other variables of the services (LOG_LEVEL, JWT_SECRET, TIERS_FILE, ...) are passed on to them.
            The exit status is 73 when a folder or file of $ARC_HOME cannot be used, and 1 for other failures.
            """)

    @Argument(help: "Start only these services, for example to run another one in a debugger.")
    var services: [ServiceName] = ServiceName.allCases

    @Flag(help: "Start only PostgreSQL and Redis, for nodes that are started by other means. Nothing is migrated.")
    var serversOnly = false

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let environment = CommandSupport.environment
        do {
            let folder = try FileSystem.currentFolder()
            let home = StackHome(path: environment["ARC_HOME"], currentFolder: folder)
            let executable = try StackFiles.currentExecutable()
            var configuration = LocalStack.Configuration(
                home: home, executable: executable, environment: environment,
                explorerAssets: StackFiles.explorerAssets(executable: executable, currentFolder: folder))
            configuration.services =
                serversOnly ? [] : StackService.all.filter(services.map(\.stackService).contains)
            configuration.migrates = !serversOnly
            let stack = LocalStack(configuration: configuration) { CommandSupport.printLine($0.readable) }
            let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
            let (firstSignal, announce) = AsyncStream<Void>.makeStream()
            let watching = Task {
                var isStopping = false
                for await signal in signals {
                    if isStopping {
                        CommandSupport.printLine("\(signal) again: killing all processes")
                        stack.killAll()
                    } else {
                        isStopping = true
                        CommandSupport.printLine("\(signal): stopping")
                        announce.yield()
                    }
                }
            }
            defer { watching.cancel() }
            try await stack.run(
                until: { for await _ in firstSignal { return } },
                ready: { CommandSupport.printLine($0.text) })
        } catch {
            guard error != .stopped else { return }
            throw CommandSupport.fail("arc up", error)
        }
    }
}

extension StackEvent {
    /// For the terminal, with lines of logs as people read them.
    fileprivate var readable: String {
        switch self {
        case .alarm(let component, let line):
            StackEvent.alarm(component: component, line: ReadableLogLine.text(of: line)).description
        case .crashed(let component, let exit, let restartIn, let log, let detail):
            StackEvent.crashed(
                component: component, exit: exit, restartIn: restartIn, log: log,
                detail: detail.split(separator: "\n").map { ReadableLogLine.text(of: String($0)) }
                    .joined(separator: "\n")
            ).description
        default: description
        }
    }
}
