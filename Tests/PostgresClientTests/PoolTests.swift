import PostgresClient
import PostgresTestSupport
import Testing

/// The pool against a real server: limits, deadlines, timeouts, cancellation, shutdown.
@Suite(.serialized, .timeLimit(.minutes(20))) struct PoolTests {
    private static let sleep: PostgresStatement = "SELECT pg_sleep(60)"

    /// Whether a session other than the asking one runs `sleep` with this application name.
    private static func isSleeping(_ name: String) async throws -> Bool {
        try await TestServer.withPool { pool in
            try await pool.query(
                "SELECT 1 FROM pg_stat_activity WHERE application_name = $1 AND wait_event = 'PgSleep'", [.text(name)]
            ).rowCount > 0
        }
    }

    @Test func `a caller that waits too long gets an error`() async throws {
        let impatient = try TestServer.configuration(maximumConnections: 1) {
            $0.connectionTimeout = .milliseconds(300)
        }
        try await TestServer.withPool(impatient) { pool in
            // On a busy machine connecting may take longer than that.
            try await TestServer.until { (try? await pool.query("SELECT 1")) != nil }
            try await pool.withTransaction { transaction in
                _ = try await transaction.query("SELECT 1")
                #expect(pool.numbers == [1, 0, 1, 0])
                let error = await failure { try await pool.query("SELECT 1") }
                #expect(error?.kind == .poolExhausted && error?.isRetryable == true)
                #expect(pool.status.waiting == 0)
            }
            try await pool.expect(1, "SELECT 1::int8")
        }
    }

    @Test func `the number of waiters is limited`() async throws {
        let configuration = try TestServer.configuration(maximumConnections: 1) { $0.maximumWaiters = 1 }
        try await TestServer.withPool(configuration) { pool in
            let waiting = try await pool.withTransaction { transaction in
                _ = try await transaction.query("SELECT 1")
                let waiting = Task { try await pool.integer("SELECT 7::int8") }
                try await TestServer.until { pool.status.waiting == 1 }
                let error = await failure { try await pool.query("SELECT 1") }
                #expect(error?.kind == .poolExhausted)
                return waiting
            }
            #expect(try await waiting.value == 7, "the one who waited is served")
        }
    }

    @Test func `a canceled task stops waiting`() async throws {
        let configuration = try TestServer.configuration(maximumConnections: 1)
        try await TestServer.withPool(configuration) { pool in
            try await pool.withTransaction { transaction in
                _ = try await transaction.query("SELECT 1")
                let waiting = Task { try await pool.query("SELECT 1") }
                try await TestServer.until { pool.status.waiting == 1 }
                waiting.cancel()
                let error = await failure { try await waiting.value }
                #expect(error?.kind == .cancelled)
                #expect(pool.status.waiting == 0)
            }
        }
    }

    @Test func `idle connections are closed`() async throws {
        let configuration = try TestServer.configuration { $0.idleTimeout = .milliseconds(1) }
        try await TestServer.withPool(configuration) { pool in
            _ = try await pool.query("SELECT 1")
            try await TestServer.until { pool.status.open == 0 }
        }
    }

    @Test func `old connections are replaced`() async throws {
        let configuration = try TestServer.configuration(maximumConnections: 1) { $0.maximumAge = .zero }
        try await TestServer.withPool(configuration) { pool in
            let first = try await pool.integer("SELECT pg_backend_pid()")
            let second = try await pool.integer("SELECT pg_backend_pid()")
            #expect(first != second)
        }
    }

    @Test func `the statement timeout cancels a statement`() async throws {
        let configuration = try TestServer.configuration { $0.statementTimeout = .milliseconds(500) }
        try await TestServer.withPool(configuration) { pool in
            let error = await failure { try await pool.query(Self.sleep) }
            #expect(error?.kind == .server(.queryCanceled) && error?.isTimeout == true)
            #expect(pool.status.open == 1, "the connection stays usable")
        }
    }

    @Test func `the lock timeout cancels a statement`() async throws {
        let configuration = try TestServer.configuration { $0.lockTimeout = .milliseconds(50) }
        try await TestServer.withPool(configuration) { pool in
            let lock: PostgresStatement = "SELECT pg_advisory_xact_lock($1)"
            let key = PostgresValue.int64(.random(in: .min ... .max))
            try await pool.withTransaction { transaction in
                _ = try await transaction.query(lock, [key])
                let error = await failure { try await pool.query(lock, [key]) }
                #expect(error?.sqlState == .lockNotAvailable && error?.isTimeout == true)
            }
        }
    }

    @Test func `idling in a transaction ends the session`() async throws {
        let configuration = try TestServer.configuration { $0.idleInTransactionTimeout = .milliseconds(50) }
        try await TestServer.withPool(configuration) { pool in
            let error = await failure {
                try await pool.withTransaction { transaction in
                    let pid = try await transaction.query("SELECT pg_backend_pid()")[0].int64(0)
                    try await TestServer.until {
                        try await pool.query("SELECT 1 FROM pg_stat_activity WHERE pid = $1", [.int64(pid)]).rowCount
                            == 0
                    }
                    _ = try await transaction.query("SELECT 1")
                }
            }
            #expect(error?.isUnavailable == true || error?.sqlState == "25P03")
            try await pool.expect(1, "SELECT 1::int8")
        }
    }

    @Test func `canceling a task stops its query on the server`() async throws {
        let name = TestServer.uniqueName("cancel")
        let configuration = try TestServer.configuration(maximumConnections: 1) { $0.applicationName = name }
        try await TestServer.withPool(configuration) { pool in
            let pid = try await pool.integer("SELECT pg_backend_pid()")
            let task = Task { try await pool.query(Self.sleep) }
            try await TestServer.until { try await Self.isSleeping(name) }
            task.cancel()
            let error = await failure { try await task.value }
            #expect(error?.kind == .cancelled && error?.isRetryable == false && error?.isTimeout == false)
            #expect(try await !Self.isSleeping(name))
            #expect(try await pool.integer("SELECT pg_backend_pid()") == pid, "the connection stays usable")
        }
    }

    @Test func `a canceled task sends nothing`() async throws {
        try await TestServer.withPool { pool in
            _ = try await pool.query("SELECT 1")
            let task = Task {
                try? await Task.sleep(for: .seconds(60))
                return try await pool.query("SELECT 1")
            }
            task.cancel()
            let error = await failure { try await task.value }
            #expect(error?.kind == .cancelled)
            #expect(pool.numbers == [1, 1, 0, 0])
        }
    }

    @Test func `canceling a transaction rolls it back`() async throws {
        let name = TestServer.uniqueName("rollback")
        let configuration = try TestServer.configuration { $0.applicationName = name }
        try await TestServer.withPool(configuration) { pool in
            _ = try await pool.query(PostgresStatement("CREATE TABLE \(name) (v int8)", prepared: false))
            let task = Task {
                try await pool.withTransaction { transaction in
                    _ = try await transaction.query(PostgresStatement("INSERT INTO \(name) VALUES (1)"))
                    _ = try await transaction.query(Self.sleep)
                }
            }
            try await TestServer.until { try await Self.isSleeping(name) }
            task.cancel()
            let error = await failure { try await task.value }
            #expect(error?.kind == .cancelled)
            #expect(pool.status.leased == 0 && pool.status.open == 1, "rolled back on the same connection")
            try await pool.expect(0, PostgresStatement("SELECT count(*) FROM \(name)"))
            _ = try await pool.query(PostgresStatement("DROP TABLE \(name)", prepared: false))
        }
    }

    /// Cancelling at arbitrary moments must never reach the wrong query nor lose a connection.
    @Test func `canceling many tasks affects nobody else`() async throws {
        let configuration = try TestServer.configuration(maximumConnections: 2)
        try await TestServer.withPool(configuration) { pool in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 as Range<Int64> {
                    group.addTask {
                        let victim = Task {
                            try await pool.query("SELECT pg_sleep(0.001 * $1::int8)", [.int64(number % 4)])
                        }
                        let witness = try await pool.integer("SELECT $1::int8", [.int64(number)])
                        victim.cancel()
                        #expect(witness == number)
                        _ = await victim.result
                    }
                }
                try await group.waitForAll()
            }
            #expect(pool.status.leased == 0 && pool.status.waiting == 0)
        }
    }

    @Test func `a shutdown lets requests finish`() async throws {
        let pool = PostgresPool(configuration: try TestServer.configuration(), logger: testLogger)
        let query = Task { try await pool.query("SELECT pg_sleep(0.2)").rowCount }
        try await TestServer.until { pool.status.leased == 1 }
        await pool.shutdown(patience: .seconds(120))
        #expect(try await query.value == 1)
        #expect(pool.numbers == [0, 0, 0, 0])
        let error = await failure { try await pool.query("SELECT 1") }
        #expect(error?.kind == .closed && error?.isRetryable == true)
    }

    @Test func `a shutdown does not wait indefinitely`() async throws {
        let name = TestServer.uniqueName("hurried")
        let pool = PostgresPool(
            configuration: try TestServer.configuration { $0.applicationName = name }, logger: testLogger)
        let query = Task { try await pool.query(Self.sleep) }
        // Under way at the server: what was not sent yet may be tried again.
        try await TestServer.until { try await Self.isSleeping(name) }
        await pool.shutdown(patience: .zero)
        let error = await failure { try await query.value }
        #expect(error?.kind == .closed && error?.isRetryable == false)
        #expect(pool.status.open == 0)
    }

    @Test func `a second shutdown does not wait for what the first one has given up`() async throws {
        let pool = PostgresPool(configuration: try TestServer.configuration(), logger: testLogger)
        let error = await failure {
            try await pool.withTransaction { transaction in
                _ = try await transaction.query("SELECT 1")
                await pool.shutdown(patience: .zero)
                #expect(pool.status.leased == 1)
                await pool.shutdown(patience: .zero)
            }
        }
        #expect(error?.kind == .connection && error?.isOutcomeUnknown == false)
        #expect(pool.status.open == 0)
    }

    @Test func `a forgotten pool closes its connections`() async throws {
        let name = TestServer.uniqueName("forgotten")
        var pool: PostgresPool? = PostgresPool(
            configuration: try TestServer.configuration { $0.applicationName = name }, logger: testLogger)
        _ = try await pool?.query("SELECT 1")
        pool = nil
        try await TestServer.withPool { other in
            try await TestServer.until {
                try await other.query("SELECT 1 FROM pg_stat_activity WHERE application_name = $1", [.text(name)])
                    .rowCount == 0
            }
        }
    }
}

extension PostgresPool {
    /// Connections open, idle, leased, and callers waiting.
    fileprivate var numbers: [Int] {
        let status = status
        return [status.open, status.idle, status.leased, status.waiting]
    }
}
