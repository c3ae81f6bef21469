import ArgumentParser
import LocalStack
import UnixSignals

#if canImport(Glibc)
import Glibc
#endif

/// `arc up`: everything on this machine, until Ctrl-C.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Run PostgreSQL, Redis and all services on this machine until Ctrl-C.",
        discussion: """
            Data, logs and secrets lie in $ARC_HOME (default .arc/) and stay for the next start.
            Ports: TENANT_MANAGEMENT_PORT (3005), SUBSCRIPTION_PORT (3002), ORCHESTRATOR_PORT (3003).
            Other variables of the services (LOG_LEVEL, JWT_SECRET, TIERS_FILE, ...) are passed on.
            """)

    @Argument(help: "Start only these services (say, to run another one in a debugger).")
    var services: [ServiceName] = ServiceName.allCases

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let environment = CommandSupport.environment
        let folder = FileSystem.currentFolder()
        let home = StackHome(path: environment["ARC_HOME"], currentFolder: folder)
        do {
            let executable = try StackFiles.currentExecutable()
            var configuration = LocalStack.Configuration(
                home: home, executable: executable, environment: environment,
                explorerAssets: StackFiles.explorerAssets(executable: executable, currentFolder: folder))
            configuration.services = StackService.all.filter(services.map(\.stackService).contains)
            let stack = LocalStack(configuration: configuration) { CommandSupport.say("\($0)") }
            let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
            let (firstSignal, announce) = AsyncStream<Void>.makeStream()
            let watching = Task {
                var isStopping = false
                for await signal in signals {
                    if isStopping {
                        CommandSupport.say("\(signal) again: killing everything")
                        stack.killAll()
                    } else {
                        isStopping = true
                        CommandSupport.say("\(signal): stopping everything")
                        announce.yield()
                    }
                }
            }
            defer { watching.cancel() }
            try await stack.run(
                until: { for await _ in firstSignal { return } },
                ready: { CommandSupport.say($0.text) })
        } catch LocalStackError.stopped {
            return
        } catch {
            throw CommandSupport.fail("arc up: \(error)")
        }
    }
}
