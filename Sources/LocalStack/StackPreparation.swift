/// Everything that is determined before the first program starts: home, lock, ports, secrets, programs, account.
struct StackPreparation: Sendable {
    let lock: HomeLock
    let registry: ProcessRegistry
    let environment: StackEnvironment
    let postgres: PostgresServer
    let redis: RedisServer

    init(
        configuration: LocalStack.Configuration, report: @escaping @Sendable (StackEvent) -> Void
    ) async throws(LocalStackError) {
        let home = configuration.home
        // Traversable, so that the servers' account can reach its data; every file in it is private.
        try FileSystem.makeFolder(home.path, mode: 0o711)
        try FileSystem.makeFolder(home.logFolder, mode: 0o700)
        try FileSystem.makeFolder(home.outboxFolder, mode: 0o700)
        lock = try HomeLock(home)
        registry = ProcessRegistry(path: home.processFile)
        let leftovers = try await registry.stopLeftovers()
        if !leftovers.isEmpty {
            report(.warning("stopped what an earlier `arc up` left behind: \(leftovers.joined(separator: ", "))"))
        }

        let account = try ServerAccount.forServers()
        let (state, dataVersion) = try await Self.state(home: home, account: account, report: report)
        environment = StackEnvironment(
            inherited: configuration.environment, state: state, outboxFolder: home.outboxFolder,
            explorerAssets: configuration.explorerAssets)
        try Self.checkPorts(of: configuration.services, environment)
        if !environment.ignoredNames.isEmpty {
            report(
                .warning(
                    "\(environment.ignoredNames.joined(separator: ", ")) in your environment does not apply here: "
                        + "`arc up` runs its own PostgreSQL and Redis (use `arc serve` with servers of your own)"))
        }
        let binaries = try ServerBinaries.find(
            path: configuration.environment["PATH"] ?? "", dataVersion: dataVersion)
        if let account, dataVersion == nil {
            report(.step("Running as root: PostgreSQL and Redis run as the user \(account.name)"))
        }
        if dataVersion == nil { report(.step("Making a new PostgreSQL cluster in \(state.dataFolder)")) }
        postgres = PostgresServer(binaries: binaries, account: account, state: state)
        redis = RedisServer(binaries: binaries, account: account, state: state)
    }

    /// The saved state, with other ports where they are in use, or a new one. It is saved in both cases.
    private static func state(
        home: StackHome, account: ServerAccount?, report: @Sendable (StackEvent) -> Void
    ) async throws(LocalStackError) -> (state: StackState, dataVersion: String?) {
        var state: StackState
        if let text = try FileSystem.read(home.stateFile) {
            state = try StackState(text: text, path: home.stateFile)
            for (name, port) in [("PostgreSQL", \StackState.postgresPort), ("Redis", \StackState.redisPort)]
            where !LoopbackPort.isFree(host: "127.0.0.1", port: state[keyPath: port]) {
                let taken = state[keyPath: port]
                state[keyPath: port] = try LoopbackPort.chooseFree()
                report(.warning("port \(taken) is taken by another program; \(name) moves to \(state[keyPath: port])"))
            }
        } else {
            let (folder, isOutside) = try await DataFolder.prepare(home: home, account: account)
            if isOutside {
                report(
                    .warning(
                        "the user \(account?.name ?? "") cannot enter \(home.path), so the data goes to \(folder)"))
            }
            let postgresPort = try LoopbackPort.chooseFree()
            var redisPort = try LoopbackPort.chooseFree()
            while redisPort == postgresPort { redisPort = try LoopbackPort.chooseFree() }
            state = StackState(postgresPort: postgresPort, redisPort: redisPort, dataFolder: folder)
        }
        try FileSystem.replace(home.stateFile, with: state.text)
        return (state, try PostgresServer.version(in: state.dataFolder))
    }

    /// Before anything starts: every service's port is a port, its own, and free.
    private static func checkPorts(
        of services: [StackService], _ environment: StackEnvironment
    ) throws(LocalStackError) {
        var owners: [UInt16: StackService] = [:]
        for service in services {
            let port = try environment.port(of: service)
            if let other = owners.updateValue(service, forKey: port) {
                throw .samePort(port: port, variables: [other.portVariable, service.portVariable])
            }
            guard LoopbackPort.isFree(host: environment.host, port: port) else {
                throw .portTaken(
                    service: service.name, host: environment.host, port: port, variable: service.portVariable)
            }
        }
    }
}
