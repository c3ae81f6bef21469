private import Synchronization

/// The whole system on one machine: private PostgreSQL and Redis, migrations, the three services. `arc up` shows it in a
/// terminal.
package final class LocalStack: Sendable {
    /// How a stack is run.
    package struct Configuration: Sendable {
        /// Where its files are.
        package var home: StackHome
        /// The `arc` program: run with `serve`, `migrate` and `token`.
        package var executable: String
        /// The user's environment.
        package var environment: [String: String]
        /// Swagger UI's files.
        package var explorerAssets: String?
        /// The services to start. The databases of the others are created and migrated too.
        package var services = StackService.all
        /// Whether the databases are migrated.
        package var migrates = true
        /// When crashed components are started again.
        package var restartPolicy = RestartPolicy()
        /// How long a service may be silent after its start. One that answers that it is not ready is waited for.
        package var silenceLimit = Duration.seconds(60)
        /// How often it is reported that a component is waited for.
        package var waitingInterval = Duration.seconds(60)

        /// Describes a stack.
        package init(
            home: StackHome, executable: String, environment: [String: String], explorerAssets: String? = nil
        ) {
            self.home = home
            self.executable = executable
            self.environment = environment
            self.explorerAssets = explorerAssets
        }
    }

    static let redisName = "redis"

    private let configuration: Configuration
    private let report: @Sendable (StackEvent) -> Void
    private let components = Mutex<[SupervisedProcess]>([])
    private let lock = Mutex<HomeLock?>(nil)

    /// - Parameter report: Receives events, from any thread.
    package init(configuration: Configuration, report: @escaping @Sendable (StackEvent) -> Void) {
        self.configuration = configuration
        self.report = report
    }

    /// Runs the stack from start to end.
    /// - Parameters:
    ///   - stop: Returns when the stack has to stop, even before it is ready; must react to cancellation.
    ///   - ready: Called once everything serves.
    /// - Throws: Why it could not start. Everything that had been started is stopped by then.
    package func run(
        until stop: @escaping @Sendable () async -> Void, ready: @Sendable (StackSummary) -> Void
    ) async throws(LocalStackError) {
        let starting = Task { () async -> Result<StackSummary, LocalStackError> in
            do throws(LocalStackError) { return .success(try await start()) } catch { return .failure(error) }
        }
        let waiting = Task {
            await stop()
            starting.cancel()
        }
        let result = await starting.value
        let wasStopped = starting.isCancelled
        switch result {
        case .success(let summary):
            ready(summary)
            await waiting.value
        case .failure:
            waiting.cancel()
        }
        // In an unstructured task, because a canceled caller must not cut the shutdown short.
        await Task { await self.stop() }.value
        // Stopping during startup interrupts steps; their errors are no failures.
        if case .failure(let error) = result { throw wasStopped ? .stopped : error }
    }

    /// Kills everything at once: the second Ctrl-C.
    package func killAll() {
        for component in components.withLock(\.self) { component.kill() }
    }

    /// Ids of the running children by component name.
    package var processIdentifiers: [String: Int32] {
        components.withLock { components in
            Dictionary(
                uniqueKeysWithValues: components.compactMap { component in
                    component.processIdentifier.map { (component.definition.name, $0) }
                })
        }
    }

    private func stop() async {
        let deadline = ContinuousClock.now.advanced(by: ShutdownPlan.budget)
        var waiting = components.withLock(\.self)
        while let component = waiting.popLast() {
            // PostgreSQL, the last one, gets the time that the others did not need: its checkpoint may take long.
            let slack = ContinuousClock.now.duration(to: deadline) - component.definition.shutdown.total
            await component.stop(slack: waiting.isEmpty ? slack : .zero)
        }
        components.withLock { $0 = [] }
        lock.withLock { $0 = nil }
    }

    private func start() async throws(LocalStackError) -> StackSummary {
        let began = ContinuousClock.now
        let preparation = try await StackPreparation(configuration: configuration, report: report)
        lock.withLock { $0 = preparation.lock }
        let environment = preparation.environment
        let postgres = preparation.postgres
        let redis = preparation.redis

        try await postgres.initialize()
        try redis.initialize()
        report(.step("Starting PostgreSQL on 127.0.0.1:\(postgres.port) and Redis on 127.0.0.1:\(redis.port)"))
        try await add(
            .init(
                name: ProcessRecord.postgresName, command: postgres.serverCommand, probe: postgres.probe,
                shutdown: .postgres, forwardsAlarms: false, startPatience: .seconds(15), diagnosis: postgres.diagnosis),
            preparation)
        try await add(
            .init(
                name: Self.redisName, command: redis.serverCommand, probe: redis.probe, shutdown: .redis,
                forwardsAlarms: false), preparation)
        try await postgres.bootstrap()

        if configuration.migrates {
            report(.step("Migrating the databases"))
            try await migrate(preparation)
            try await postgres.showMigrations()
        }

        var addresses: [(service: StackService, url: String)] = []
        for service in configuration.services {
            let url = try environment.url(of: service)
            let port = try environment.port(of: service)
            let host = environment.reachableHost
            report(.step("Starting \(service.name) on \(url)"))
            let command = ProcessCommand(
                executable: configuration.executable, arguments: ["serve", service.name],
                environment: try environment.variables(for: service))
            try await add(
                .init(
                    name: service.name, command: command,
                    probe: {
                        switch await LoopbackClient.status(host: host, port: port, path: "/health/ready") {
                        case 200: .ready
                        case nil: .silent
                        default: .starting
                        }
                    },
                    shutdown: .service, forwardsAlarms: true, silenceLimit: configuration.silenceLimit),
                preparation)
            addresses.append((service, url))
        }
        let usesOutbox = environment.inherited["NOTIFICATION_TRANSPORT"].map { $0.isEmpty || $0 == "file" } ?? true
        let outbox = environment.inherited["NOTIFICATION_OUTBOX_PATH"] ?? environment.outboxFolder
        return StackSummary(
            services: addresses, home: configuration.home, dataFolder: environment.state.dataFolder,
            postgresPort: postgres.port, redisPort: redis.port, outboxFolder: usesOutbox ? outbox : nil,
            token: await token(environment), elapsed: began.duration(to: .now))
    }

    private func add(
        _ definition: SupervisedProcess.Definition, _ preparation: StackPreparation
    ) async throws(LocalStackError) {
        guard !Task.isCancelled else { throw .stopped }
        let component = SupervisedProcess(
            definition, log: try LogFile(path: configuration.home.logFile(definition.name)),
            registry: preparation.registry, policy: configuration.restartPolicy,
            waitingInterval: configuration.waitingInterval, report: report)
        components.withLock { $0.append(component) }
        try await component.start()
    }

    private func migrate(_ preparation: StackPreparation) async throws(LocalStackError) {
        let log = try LogFile(path: configuration.home.logFile("migrate"))
        let targets = [("message-bus", DatabasePlan.messageBus)] + StackService.all.map { ($0.name, $0.database) }
        for (name, database) in targets {
            guard !Task.isCancelled else { throw .stopped }
            let outcome = try await ProcessCommand(
                executable: configuration.executable, arguments: ["migrate", "up", "--service", name],
                environment: preparation.environment.migrationVariables(for: database)
            ).run()
            for text in [outcome.output, outcome.errors] where !text.isEmpty { log.append(Array(text.utf8)[...]) }
            guard outcome.exit.isSuccess else {
                let detail = outcome.errors.isEmpty ? outcome.output : outcome.errors
                throw .stepFailed(step: "arc migrate up --service \(name)", exit: outcome.exit, detail: detail)
            }
        }
    }

    private func token(_ environment: StackEnvironment) async -> String? {
        let mint = ProcessCommand(
            executable: configuration.executable, arguments: ["token", "--permission", "all"],
            environment: environment.tokenVariables())
        guard let outcome = try? await mint.run(), outcome.exit.isSuccess else {
            report(.warning("`arc token` failed, so no token is shown"))
            return nil
        }
        return outcome.output.split(separator: "\n").last.map(String.init)
    }
}
