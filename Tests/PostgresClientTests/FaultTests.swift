import Foundation
import PostgresClient
import PostgresTestSupport
import Synchronization
import Testing

/// A server that goes away, comes back, or hangs.
@Suite(.serialized, .timeLimit(.minutes(20))) struct FaultTests {
    @Test func `idle connections that were killed are replaced unnoticed`() async throws {
        try await TestServer.withPool { killer in
            let name = TestServer.uniqueName("victim")
            let configuration = try TestServer.configuration { $0.applicationName = name }
            try await TestServer.withPool(configuration) { pool in
                for _ in 0..<20 {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 0..<8 { group.addTask { _ = try await pool.query("SELECT 1") } }
                        try await group.waitForAll()
                    }
                    // With a timeout the function waits until the sessions are gone.
                    _ = try await killer.query(
                        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = $1",
                        [.text(name)])
                    try await pool.expect(1, "SELECT 1::int8")
                    let value = try await pool.withTransaction { try await $0.query("SELECT 2::int8")[0].int64(0) }
                    #expect(value == 2)
                }
            }
        }
    }

    @Test func `a connection that is killed during a query is reported`() async throws {
        let name = TestServer.uniqueName("victim")
        let configuration = try TestServer.configuration { $0.applicationName = name }
        try await TestServer.withPool(configuration) { pool in
            let task = Task { try await pool.query("SELECT pg_sleep(60)") }
            try await TestServer.withPool { killer in
                try await TestServer.until {
                    try await killer.query(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE application_name = $1 AND wait_event = 'PgSleep'
                        """, [.text(name)]
                    ).rowCount == 1
                }
            }
            let error = await failure { try await task.value }
            #expect(error?.sqlState == .adminShutdown && error?.isUnavailable == true)
            #expect(error?.isRetryable == false, "it was sent")
            #expect(error?.isOutcomeUnknown == false, "the server said that it did not finish")
            try await pool.expect(1, "SELECT 1::int8")
            #expect(pool.status.leased == 0)
        }
    }

    @Test func `the pool recovers from a restart`() async throws {
        try await PostgresCluster.with { server in
            try await TestServer.withPool(server.configuration()) { pool in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 { group.addTask { _ = try await pool.query("SELECT pg_sleep(0.01)") } }
                    try await group.waitForAll()
                }
                #expect(pool.status.open > 1)
                try await server.restart()
                try await pool.expect(1, "SELECT 1::int8")

                // Who asks while the server is away waits for its return.
                try await server.stop()
                let waiting = Task { try await pool.integer("SELECT 2::int8") }
                try await TestServer.until { pool.status.waiting == 1 }
                try await server.start()
                #expect(try await waiting.value == 2)
            }
        }
    }

    /// The server reports success for it, but a failover would lose it.
    @Test func `a commit whose wait for a replica was canceled is not acknowledged`() async throws {
        try await PostgresCluster.with { server in
            try server.append("synchronous_standby_names = 'nobody'\n")
        } _: { server in
            try await TestServer.withPool(server.configuration()) { canceler in
                try await TestServer.withPool(server.configuration()) { pool in
                    let local = [PostgresSetting("synchronous_commit", "local")]
                    _ = try await pool.query("CREATE TABLE numbers (v int8)", settings: local)
                    let insert: PostgresStatement = "INSERT INTO numbers VALUES (1)"
                    let inserts: [@Sendable () async throws -> Void] = [
                        { _ = try await pool.query(insert) },
                        { try await pool.withTransaction { _ = try await $0.query(insert) } },
                    ]
                    // One after the other: a statement that cancels both leaves nothing to wait for.
                    for run in inserts {
                        let task = Task { try await run() }
                        try await TestServer.until {
                            try await canceler.integer(
                                "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
                            ) ?? 0 > 0
                        }
                        let error = await failure { try await task.value }
                        #expect(error?.isOutcomeUnknown == true && error?.isUnavailable == true)
                    }
                    try await pool.expect(2, "SELECT count(*) FROM numbers")
                    #expect(pool.status.leased == 0)
                }
            }
        }
    }

    @Test func `callers get the reason of an outage`() async throws {
        try await PostgresCluster.with { server in
            let configuration = server.configuration { $0.connectionTimeout = .milliseconds(500) }
            try await TestServer.withPool(configuration) { pool in
                // On a loaded machine the first connection may take longer than anybody waits here.
                try await TestServer.until { (try? await pool.query("SELECT 1")) != nil }
                try await server.stop()
                for _ in 0..<5 {
                    let error = await failure { try await pool.query("SELECT 1") }
                    #expect(error?.kind == .connection && error?.isRetryable == true && error?.isUnavailable == true)
                }
                #expect(pool.status.open == 0)
                try await server.start()
                try await TestServer.until { (try? await pool.query("SELECT 1")) != nil }
            }
        }
    }

    /// Requests under way at the restart fail, but none is left hanging, and those after it succeed.
    @Test func `a restart under load leaves no call pending`() async throws {
        try await PostgresCluster.with { server in
            try await TestServer.withPool(server.configuration()) { pool in
                let answers = Mutex(0)
                let worker = { @Sendable () async in
                    while !Task.isCancelled {
                        if (try? await pool.query("SELECT 1")) != nil { answers.withLock { $0 += 1 } }
                        await Task.yield()
                    }
                }
                let workers = (0..<8).map { _ in Task { await worker() } }
                try await TestServer.until { answers.withLock { $0 } > 0 }
                try await server.restart()
                try await pool.expect(1, "SELECT 1::int8")
                for task in workers { task.cancel() }
                for task in workers { await task.value }
                #expect(pool.status.leased == 0 && pool.status.waiting == 0)
            }
        }
    }

    @Test func `a server that hangs runs into the client's deadline`() async throws {
        try await PostgresCluster.with { server in
            let configuration = server.configuration {
                $0.statementTimeout = .seconds(2)
                $0.maximumConnections = 1
            }
            try await TestServer.withPool(configuration) { pool in
                let pid = try #require(try await pool.integer("SELECT pg_backend_pid()"))
                kill(pid_t(pid), SIGSTOP)
                defer { kill(pid_t(pid), SIGCONT) }
                let error = await failure { try await pool.query("SELECT 1") }
                #expect(error?.kind == .timeout && error?.isTimeout == true && error?.isRetryable == false)
                #expect(error?.isOutcomeUnknown == true)
                let other = try await pool.integer("SELECT pg_backend_pid()")
                #expect(other != pid)
            }
        }
    }

    @Test func `a server that hangs does not hold a canceled task`() async throws {
        try await PostgresCluster.with { server in
            let configuration = server.configuration { $0.maximumConnections = 1 }
            try await TestServer.withPool(configuration) { pool in
                let pid = try #require(try await pool.integer("SELECT pg_backend_pid()"))
                kill(pid_t(pid), SIGSTOP)
                defer { kill(pid_t(pid), SIGCONT) }
                let task = Task { try await pool.query("SELECT 1") }
                try await TestServer.until { pool.status.leased == 1 }
                task.cancel()
                let error = await failure { try await task.value }
                #expect(error?.kind == .cancelled && error?.isOutcomeUnknown == true)
                try await pool.expect(1, "SELECT 1::int8")
            }
        }
    }

    @Test func `a lost connection leaves no outcome unknown for reads and for parts of a transaction`()
        async throws
    {
        try await PostgresCluster.with { server in
            let configuration = server.configuration {
                $0.statementTimeout = .seconds(2)
                $0.maximumConnections = 1
            }
            try await TestServer.withPool(configuration) { pool in
                var pid = try #require(try await pool.integer("SELECT pg_backend_pid()"))
                kill(pid_t(pid), SIGSTOP)
                let read = await failure { try await pool.query("SELECT 1", as: .read) }
                kill(pid_t(pid), SIGCONT)
                #expect(read?.kind == .timeout && read?.isOutcomeUnknown == false)

                let inside = await failure {
                    try await pool.withTransaction { transaction in
                        pid = try #require(try await transaction.query("SELECT pg_backend_pid()").first).int64(0)
                        kill(pid_t(pid), SIGSTOP)
                        _ = try await transaction.query("SELECT 1")
                    }
                }
                kill(pid_t(pid), SIGCONT)
                #expect(inside?.kind == .timeout && inside?.isOutcomeUnknown == false)

                let commit = await failure {
                    try await pool.withTransaction(as: .read) { transaction in
                        pid = try #require(try await transaction.query("SELECT pg_backend_pid()").first).int64(0)
                        kill(pid_t(pid), SIGSTOP)
                    }
                }
                kill(pid_t(pid), SIGCONT)
                #expect(commit?.kind == .timeout && commit?.isOutcomeUnknown == false)
            }
        }
    }

    @Test func `a lost connection during COMMIT leaves the outcome unknown`() async throws {
        try await PostgresCluster.with { server in
            let configuration = server.configuration { $0.statementTimeout = .seconds(2) }
            try await TestServer.withPool(configuration) { pool in
                var pid: Int64 = 0
                let error = await failure {
                    try await pool.withTransaction { transaction in
                        pid = try #require(try await transaction.query("SELECT pg_backend_pid()").first).int64(0)
                        kill(pid_t(pid), SIGSTOP)
                    }
                }
                kill(pid_t(pid), SIGCONT)
                #expect(error?.kind == .timeout && error?.isOutcomeUnknown == true)
            }
        }
    }

    @Test func `a write that a demoted primary refuses goes to a new connection`() async throws {
        try await TestServer.withDatabase { configuration in
            var configuration = configuration
            configuration.maximumConnections = 1
            try await TestServer.withPool(configuration) { pool in
                _ = try await pool.query(PostgresStatement("CREATE TABLE notes (id int8)", prepared: false))
                // The session now behaves as one to a primary that was demoted.
                _ = try await pool.query(
                    PostgresStatement("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", prepared: false))
                _ = try await pool.query("INSERT INTO notes VALUES (1)")
                try await pool.expect(1, "SELECT count(*) FROM notes")
            }
        }
    }

    @Test func `the wait for a connection does not count against the time of the statement`() async throws {
        let configuration = try TestServer.configuration(maximumConnections: 1) {
            $0.statementTimeout = .milliseconds(100)
        }
        try await TestServer.withPool(configuration) { pool in
            // Beyond 100 ms for each of three steps and the 5 s that are added for the network.
            let blocker = Task {
                try await pool.query("SELECT pg_sleep(6)", settings: [PostgresSetting("statement_timeout", "0")])
            }
            try await TestServer.until { pool.status.leased == 1 }
            try await pool.expect(1, "SELECT 1::int8")
            _ = try await blocker.value
        }
    }
}
