import Glibc
import LocalStack
import Synchronization
import TestSupport
import Testing

/// A whole stack on real servers with a stand-in for `arc`. One after the other: each needs seconds of a whole machine.
@Suite(.serialized) struct LocalStackTests {
    @Test func `a stack comes up, isolates its databases, survives crashes, stops in order and finds its data again`()
        async throws
    {
        let folder = try TestFolder()
        let first = try await RunningStack(folder)
        let summary = try await first.summary()
        #expect(summary.services.map(\.service.name) == ["tenant-management", "subscription", "orchestrator"])
        #expect(summary.token == "secret-of-64")
        #expect(summary.outboxFolder == "\(folder.path)/home/outbox")
        #expect(
            first.alarms == ["tenant-management", "subscription", "orchestrator"], "one warning each, no info lines")
        #expect(first.mode("state.env") == 0o600)

        let state = try first.state()
        try await checkIsolation(state)

        // A second one on the same home is refused and leaves the first alone.
        let second = try await RunningStack(folder)
        guard case .homeInUse(_, let identifier) = await second.failure() else {
            Issue.record("the second stack was not refused: \(String(describing: await second.failure()))")
            return
        }
        #expect(identifier == getpid())

        // A service crashes, Redis and PostgreSQL are killed: each is reported and comes back.
        let before = first.stack.processIdentifiers
        for name in ["subscription", "redis", "postgresql"] { kill(try #require(before[name]), SIGKILL) }
        try await first.waitForEvents { events in
            ["subscription", "redis", "postgresql"].allSatisfy { name in events.contains("\(name) is ready again") }
        }
        let after = first.stack.processIdentifiers
        #expect(after["tenant-management"] == before["tenant-management"])
        #expect(after["subscription"] != before["subscription"])
        try await psql(state, "tenant_mgmt_owner", "tenant_mgmt_db", "INSERT INTO main.things(name) VALUES ('kept')")

        let ended = await first.stop()
        #expect(ended == ["orchestrator", "subscription", "tenant-management", "redis", "postgresql"])
        #expect(first.events.contains("postgresql stopped"), "not killed: its data is clean")
        for identifier in after.values { #expect(kill(identifier, 0) == -1) }

        // The next start fails at a migration, in that program's words, and stops what had started.
        let broken = try await RunningStack(folder, environment: ["STANDIN_FAIL": "subscription"])
        #expect(
            await broken.failure()
                == .stepFailed(
                    step: "arc migrate up --service subscription", exit: .code(4), detail: "migration 7 is broken"))
        #expect(broken.stack.processIdentifiers.isEmpty)

        // Ports, secrets and data are found again; a service that ignores SIGTERM is killed at the end of its share.
        let third = try await RunningStack(folder, environment: ["STANDIN_STUBBORN": "subscription"])
        _ = try await third.summary()
        #expect(try third.state() == state)
        let kept = "SELECT name FROM main.things WHERE name = 'kept'"
        #expect(try await psql(state, "tenant_mgmt_app", "tenant_mgmt_db", kept) == "kept")
        _ = await third.stop()
        #expect(third.events.contains("subscription stopped (it had to be killed)"))
        #expect(third.events.contains("tenant-management stopped"))
    }

    @Test func `a port that is in use is named before anything starts`() async throws {
        let folder = try TestFolder()
        let port = UInt16(try TestCommand.freePort())
        let listener = try await ProcessReactor.shared.spawn(
            ProcessCommand(
                executable: try await StandIn.install(in: folder.path), arguments: ["serve", "other"],
                environment: ["HOST": "127.0.0.1", "PORT": "\(port)"])
        ) { _, _ in }
        try await eventually("the port is taken") { !LoopbackPort.isFree(host: "127.0.0.1", port: port) }
        defer { listener.send(.kill) }
        let stack = try await RunningStack(folder, environment: ["SUBSCRIPTION_PORT": "\(port)"])
        #expect(
            await stack.failure()
                == .portTaken(service: "subscription", host: "127.0.0.1", port: port, variable: "SUBSCRIPTION_PORT"))
        #expect(stack.stack.processIdentifiers.isEmpty)
        #expect(!FileSystem.exists("\(folder.path)/home/data/postgresql"))
    }

    @Test func `one port for two services is an error that names both variables`() async throws {
        let folder = try TestFolder()
        let stack = try await RunningStack(
            folder, environment: ["SUBSCRIPTION_PORT": "4444", "ORCHESTRATOR_PORT": "4444"])
        #expect(
            await stack.failure()
                == .samePort(port: 4444, variables: ["SUBSCRIPTION_PORT", "ORCHESTRATOR_PORT"]))
    }

    @Test func `what a killed stack left behind is stopped, and only that`() async throws {
        let folder = try TestFolder()
        // Started by a shell that ends at once: nobody's child, like the leftovers of a killed `arc up`.
        let identifiers = try await ProcessCommand(
            executable: "/bin/sh",
            arguments: [
                "-c", "for i in 1 2; do echo $(setsid sh -c 'echo $$; exec sleep 300 >/dev/null 2>&1' &); done",
            ],
            environment: ["PATH": "/usr/bin:/bin"]
        ).run().output.split(separator: "\n").compactMap { Int32($0) }
        try #require(identifiers.count == 2)
        defer { for identifier in identifiers { kill(identifier, SIGKILL) } }

        let path = "\(folder.path)/processes"
        let earlier = ProcessRegistry(path: path)
        earlier.add("subscription", identifiers[0])
        earlier.add("redis", identifiers[1])
        // The second record is of a process that had the same id and ended: another start time.
        let lines = try #require(try FileSystem.read(path)).split(separator: "\n")
        let other = try #require(ProcessRecord(line: lines[1]))
        let stale = ProcessRecord(
            name: other.name, processIdentifier: other.processIdentifier, startTime: other.startTime &- 1,
            boot: other.boot)
        try FileSystem.replace(path, with: "\(lines[0])\n\(stale.line)\nnonsense\n")

        #expect(try await ProcessRegistry(path: path).stopLeftovers() == ["subscription"])
        #expect(!ProcessRegistry.isRunning(try #require(ProcessRecord(line: lines[0]))))
        #expect(ProcessRegistry.isRunning(other))
        #expect(try FileSystem.read(path) == "")
    }

    @Test func `stopping during startup is not a failure of the step that it interrupts`() async throws {
        let folder = try TestFolder()
        let stack = try await RunningStack(folder)
        try await stack.waitForEvents { $0.contains { $0.hasPrefix("Making a new PostgreSQL cluster") } }
        _ = await stack.stop()
        #expect(await stack.failure() == .stopped)
        #expect(stack.stack.processIdentifiers.isEmpty)
    }

    @Test func `services can be left out`() async throws {
        let folder = try TestFolder()
        let stack = try await RunningStack(folder, services: [.subscription])
        #expect(try await stack.summary().services.map(\.service) == [.subscription])
        #expect(Set(stack.stack.processIdentifiers.keys) == ["postgresql", "redis", "subscription"])
        _ = await stack.stop()
    }

    @Test func `a service that answers that it is not ready is waited for and not ended`() async throws {
        let folder = try TestFolder()
        let file = "\(folder.path)/ready"
        let stack = try await RunningStack(
            folder, environment: ["STANDIN_WAITING": "subscription", "STANDIN_READY_FILE": file],
            services: [.subscription], waitingInterval: .milliseconds(200))
        let isWaiting = { (event: String) in event.hasPrefix("subscription is running but not ready yet") }
        try await stack.waitForEvents { $0.count(where: isWaiting) >= 2 }
        let process = stack.stack.processIdentifiers["subscription"]
        try FileSystem.replace(file, with: "")
        #expect(try await stack.summary().services.map(\.service) == [.subscription])
        #expect(stack.stack.processIdentifiers["subscription"] == process && process != nil)

        // The same after a crash: it is started again, and waited for as long as it answers.
        unlink(file)
        kill(try #require(process), SIGKILL)
        try await stack.waitForEvents { events in
            guard let crash = events.firstIndex(where: { $0.contains("starting it again") }) else { return false }
            return events[crash...].count(where: isWaiting) >= 2
        }
        try FileSystem.replace(file, with: "")
        try await stack.waitForEvents { $0.contains("subscription is ready again") }
        #expect(stack.events.count { $0.contains("starting it again") } == 1)
        _ = await stack.stop()
    }

    @Test func `a service that does not answer at all ends the start`() async throws {
        let folder = try TestFolder()
        let stack = try await RunningStack(
            folder, environment: ["STANDIN_SILENT": "subscription"], services: [.subscription],
            silenceLimit: .seconds(3))
        let failure = await stack.failure()
        #expect("\(try #require(failure))".contains("subscription did not answer within 3.0 seconds"))
        #expect(stack.stack.processIdentifiers.isEmpty)
    }

    @Test func `processes that hold the data of a PostgreSQL that was killed are named`() async throws {
        let folder = try TestFolder()
        let stack = try await RunningStack(folder, services: [])
        let state = try await {
            _ = try await stack.summary()
            return try stack.state()
        }()
        let server = try #require(stack.stack.processIdentifiers["postgresql"])
        // A process of PostgreSQL that does not notice the death of its server keeps the shared memory.
        let held = try #require(try children(of: server).first)
        kill(held, SIGSTOP)
        defer { kill(held, SIGKILL) }
        kill(server, SIGKILL)
        try await stack.waitForEvents { events in
            events.contains { event in
                event.hasPrefix("postgresql ") && event.contains("still use \(state.dataFolder)/postgresql: \(held).")
                    && event.contains("`kill \(held)`")
            }
        }
        kill(held, SIGKILL)
        try await stack.waitForEvents { $0.contains("postgresql is ready again") }
        _ = await stack.stop()
    }

    private func children(of process: Int32) throws -> [Int32] {
        try FileSystem.read("/proc/\(process)/task/\(process)/children")?.split(separator: " ").compactMap { Int32($0) }
            ?? []
    }

    /// Who may connect where, and do what.
    private func checkIsolation(_ state: StackState) async throws {
        let databases = DatabasePlan.databases.map(\.name) + ["postgres", "template1"]
        for database in DatabasePlan.databases {
            for role in [database.owner, database.runtime].compactMap(\.self) {
                for name in databases {
                    let connects = try await canRun(state, role, name, "SELECT 1")
                    #expect(connects == (name == database.name), "\(role) to \(name)")
                }
            }
            guard let runtime = database.runtime else { continue }
            let name = database.name
            #expect(try await canRun(state, runtime, name, "INSERT INTO main.things(name) VALUES ('x')"))
            #expect(try await canRun(state, runtime, name, "SELECT * FROM main.schema_migrations"))
            #expect(try await !canRun(state, runtime, name, "INSERT INTO main.schema_migrations VALUES (1)"))
            #expect(try await !canRun(state, runtime, name, "CREATE TABLE main.mine(id int)"))
            #expect(try await !canRun(state, runtime, name, "CREATE TABLE public.mine(id int)"))
            #expect(try await !canRun(state, runtime, name, "DELETE FROM main.things"), "only what migrations grant")
            #expect(try await !canRun(state, runtime, name, "DROP TABLE main.things"))
            #expect(try await !canRun(state, runtime, name, "ALTER TABLE main.things DISABLE ROW LEVEL SECURITY"))
            #expect(try await !canRun(state, runtime, name, "CREATE TEMPORARY TABLE t(id int)"))
            #expect(try await !canRun(state, runtime, name, "CREATE ROLE other"))
        }
        #expect(try await canRun(state, "provisioner", "application_db", "CREATE ROLE tenant_x; DROP ROLE tenant_x"))
        #expect(
            try await canRun(state, "provisioner", "application_db", "CREATE SCHEMA tenant_x; DROP SCHEMA tenant_x"))
        for (question, answer) in [
            ("SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules", "scram-sha-256"),
            ("SELECT count(*) FROM pg_authid WHERE rolcanlogin AND rolpassword NOT LIKE 'SCRAM-SHA-256$%'", "0"),
            (
                "SELECT string_agg(rolname, ',') FROM pg_roles WHERE rolsuper OR rolbypassrls OR rolreplication",
                "postgres"
            ),
            ("SELECT string_agg(rolname, ',') FROM pg_roles WHERE rolcreatedb AND NOT rolsuper", "provisioner"),
            ("SELECT count(*) FROM pg_auth_members WHERE member::regrole::text LIKE '%_app'", "0"),
        ] {
            let found = try await psql(state, DatabasePlan.superuser, "postgres", question)
            #expect(found.split(separator: "\n").map(String.init) == [answer], "\(question)")
        }
        var wrong = state
        wrong.databasePasswords["tenant_mgmt_app"] = "guess"
        #expect(try await !canRun(wrong, "tenant_mgmt_app", "tenant_mgmt_db", "SELECT 1"))
    }

    private func canRun(_ state: StackState, _ role: String, _ database: String, _ sql: String) async throws -> Bool {
        try await psqlOutcome(state, role, database, sql).exit.isSuccess
    }

    @discardableResult
    private func psql(_ state: StackState, _ role: String, _ database: String, _ sql: String) async throws -> String {
        let outcome = try await psqlOutcome(state, role, database, sql)
        #expect(outcome.exit.isSuccess, "\(outcome.errors)")
        return outcome.output
    }

    private func psqlOutcome(
        _ state: StackState, _ role: String, _ database: String, _ sql: String
    ) async throws -> ProcessCommand.Outcome {
        try await ProcessCommand(
            executable: "/usr/bin/psql", arguments: ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"],
            environment: [
                "PATH": "/usr/bin:/bin", "PGHOST": "127.0.0.1", "PGPORT": "\(state.postgresPort)", "PGUSER": role,
                "PGDATABASE": database, "PGPASSWORD": state.password(of: role),
            ], input: Array(sql.utf8)
        ).run()
    }
}
