private import Glibc

/// The private PostgreSQL cluster: how it is created, started, probed and filled.
struct PostgresServer: Sendable {
    let binaries: ServerBinaries
    let account: ServerAccount?
    /// Folder of the cluster.
    let folder: String
    let port: UInt16
    let state: StackState

    init(binaries: ServerBinaries, account: ServerAccount?, state: StackState) {
        self.binaries = binaries
        self.account = account
        self.state = state
        folder = Self.folder(in: state.dataFolder)
        port = state.postgresPort
    }

    /// The folder of the cluster in the data folder.
    static func folder(in dataFolder: String) -> String { "\(dataFolder)/postgresql" }

    /// Major version of the cluster in the data folder; nil before it was created.
    static func version(in dataFolder: String) throws(LocalStackError) -> String? {
        try FileSystem.read("\(folder(in: dataFolder))/PG_VERSION")?.split(separator: "\n").first.map(String.init)
    }

    /// Creates the cluster unless it exists. An interrupted attempt leaves only a draft, which the next one removes.
    func initialize() async throws(LocalStackError) {
        guard !FileSystem.exists("\(folder)/PG_VERSION") else { return }
        let draft = "\(folder).new"
        _ = try await command("/bin/rm", ["-rf", draft]).run()
        // initdb takes the superuser's password from a file; standard input leaves nothing on the disk.
        var initialize = command(
            binaries.postgres("initdb"),
            [
                "--pgdata", draft, "--username", DatabasePlan.superuser, "--pwfile", "/dev/stdin",
                "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-instructions",
            ])
        initialize.input = Array((state.password(of: DatabasePlan.superuser) + "\n").utf8)
        let outcome = try await initialize.run()
        guard outcome.exit.isSuccess else {
            throw .stepFailed(step: "initdb", exit: outcome.exit, detail: outcome.errors)
        }
        guard rename(draft, folder) == 0 else { throw FileSystem.failure(folder) }
    }

    /// The server itself: only this machine reaches it, by TCP, with a password; its log never holds SQL.
    var serverCommand: ProcessCommand {
        let settings = [
            "listen_addresses=127.0.0.1", "port=\(port)", "unix_socket_directories=", "max_connections=200",
            "password_encryption=scram-sha-256", "timezone=UTC", "log_timezone=UTC", "logging_collector=off",
            "log_destination=stderr", "log_error_verbosity=terse", "log_min_error_statement=panic",
            "log_parameter_max_length_on_error=0", "log_line_prefix=%m [%p] %q%u@%d ", "cluster_name=arc",
            // The default of 4 is meant for hard disks: with it, PostgreSQL sorts rows instead of reading them in order
            // from an index.
            "random_page_cost=1.1",
            // After a crash PostgreSQL flushes its files to the disk. One by one that takes a minute with the databases of a
            // few dozen tenants on a busy disk.
            "recovery_init_sync_method=syncfs",
        ]
        var server = command(
            binaries.postgres("postgres"), ["-D", folder] + settings.flatMap { ["-c", $0] })
        server.parentDeathSignal = .interrupt
        return server
    }

    /// Asks whether the server accepts connections. While it recovers after a crash it answers that it does not.
    func probe() async -> Readiness {
        let probe = command(
            binaries.postgres("pg_isready"), ["-q", "-h", "127.0.0.1", "-p", "\(port)", "-t", "2"])
        return switch try? await probe.run().exit {
        case .code(0): .ready
        case .code(1): .starting
        default: .silent
        }
    }

    /// Names the processes of an earlier server that still hold the data and its shared memory, if there are any: while
    /// they run, no server can start.
    func diagnosis() -> String? {
        let holders = DataHolders.find(folder: folder)
        guard !holders.isEmpty else { return nil }
        let list = holders.map(String.init)
        return "PostgreSQL processes of an earlier run still use \(folder): \(list.joined(separator: ", ")). "
            + "End them with `kill \(list.joined(separator: " "))`, or with `kill -9` if they do not end."
    }

    /// Creates missing roles and databases of the plan.
    func bootstrap() async throws(LocalStackError) {
        try await run("creating roles and databases", in: "postgres", BootstrapSQL.cluster(password: state.password))
        for database in DatabasePlan.databases {
            try await run("creating the schema of \(database.name)", in: database.name, BootstrapSQL.schema(database))
        }
    }

    /// Lets the runtime roles read which migrations were applied. Call it after the migrations have created their table.
    func showMigrations() async throws(LocalStackError) {
        for database in DatabasePlan.databases {
            guard let sql = BootstrapSQL.afterMigrations(database) else { continue }
            try await run("granting the view of migrations in \(database.name)", in: database.name, sql)
        }
    }

    /// Runs SQL as the superuser; SQL and password are never part of a command line.
    private func run(_ step: String, in database: String, _ sql: String) async throws(LocalStackError) {
        var psql = command(
            binaries.postgres("psql"), ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=terse", "-f", "-"])
        psql.environment["PGHOST"] = "127.0.0.1"
        psql.environment["PGPORT"] = "\(port)"
        psql.environment["PGUSER"] = DatabasePlan.superuser
        psql.environment["PGPASSWORD"] = state.password(of: DatabasePlan.superuser)
        psql.environment["PGDATABASE"] = database
        psql.environment["PGCONNECT_TIMEOUT"] = "10"
        psql.input = Array(sql.utf8)
        let outcome = try await psql.run()
        guard outcome.exit.isSuccess else {
            throw .stepFailed(step: step, exit: outcome.exit, detail: outcome.errors)
        }
    }

    private func command(_ executable: String, _ arguments: [String]) -> ProcessCommand {
        ProcessCommand(
            executable: executable, arguments: arguments,
            environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"],
            workingDirectory: state.dataFolder, account: account)
    }
}
