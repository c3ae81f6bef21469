import PostgresClient
import Testing

@Suite(.serialized, .timeLimit(.minutes(20))) struct TransactionTests {
    /// A table of one unique number, and the pool.
    private static func withTable(
        _ change: (inout PostgresConfiguration) -> Void = { _ in },
        _ body: (PostgresPool, String) async throws -> Void
    ) async throws {
        try await TestServer.withPool(try TestServer.configuration(maximumConnections: 2, change)) { pool in
            let table = TestServer.uniqueName("numbers")
            _ = try await pool.query(PostgresStatement("CREATE TABLE \(table) (v int8 PRIMARY KEY)", prepared: false))
            try await body(pool, table)
            _ = try await pool.query(PostgresStatement("DROP TABLE \(table)", prepared: false))
        }
    }

    private static func expectCount(
        _ pool: PostgresPool, _ table: String, _ expected: Int64, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let count = try await pool.integer(PostgresStatement("SELECT count(*) FROM \(table)"))
        #expect(count == expected, sourceLocation: sourceLocation)
    }

    // MARK: Batches

    @Test func `a batch gives results in its order`() async throws {
        try await TestServer.withPool { pool in
            var batch = PostgresBatch()
            let first = batch.add("SELECT 'a'::text")
            let second = batch.add("SELECT n FROM generate_series(1, 4) n")
            let results = try await pool.run(batch)
            #expect(try results[first][0].text(0) == "a")
            #expect(results[second].rowCount == 4)
            #expect(try await pool.run(PostgresBatch()).isEmpty)
        }
    }

    /// Wherever the error is, in whatever way, and whether the statements are prepared already or not.
    @Test(arguments: 0..<4, [true, false])
    func `an error anywhere rolls back the whole batch`(_ place: Int, _ isPrepared: Bool) async throws {
        for failing in ["INSERT INTO # VALUES (1), (1)", "SELECT 1/0", "SELECT nonsense", "SELEKT"] {
            try await Self.withTable { pool, table in
                for _ in 0..<2 {
                    var batch = PostgresBatch()
                    for position in 0..<4 {
                        let sql =
                            position == place ? failing : "INSERT INTO # VALUES (\(position + 10))"
                        let text = sql.split(separator: "#", omittingEmptySubsequences: false).joined(separator: table)
                        batch.add(PostgresStatement(text, prepared: isPrepared))
                    }
                    let error = await failure { try await pool.run(batch) }
                    #expect(error?.statementIndex == place)
                    #expect(error?.isRetryable == false)
                    try await Self.expectCount(pool, table, 0)
                }
                #expect(pool.status.open == 1, "the connection stays usable")
            }
        }
    }

    @Test func `nothing of a batch is visible before its end`() async throws {
        try await Self.withTable { pool, table in
            let key = Int64.random(in: .min ... .max)
            let lock: PostgresStatement = "SELECT pg_advisory_xact_lock($1)"
            var batch = PostgresBatch()
            batch.add(PostgresStatement("INSERT INTO \(table) VALUES (1)"))
            batch.add(lock, [.int64(key)])
            let waiting = try await pool.withTransaction { transaction in
                _ = try await transaction.query(lock, [.int64(key)])
                let waiting = Task { [batch] in try await pool.run(batch) }
                try await TestServer.until {
                    try await transaction.query(
                        """
                        SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
                            AND (classid::int8 << 32 | objid::int8) = $1
                        """, [.int64(key)]
                    ).rowCount == 1
                }
                let count = try await transaction.query(PostgresStatement("SELECT count(*) FROM \(table)"))
                #expect(try count[0].int64(0) == 0)
                return waiting
            }
            _ = try await waiting.value
            try await Self.expectCount(pool, table, 1)
        }
    }

    @Test func `settings apply to the batch and no longer`() async throws {
        let configuration = try TestServer.configuration(maximumConnections: 1)
        try await TestServer.withPool(configuration) { pool in
            let read: PostgresStatement =
                "SELECT current_setting('app.tenant_id', true), current_setting('app.b', true)"
            let settings = [PostgresSetting("app.tenant_id", "it's *"), PostgresSetting("app.b", "")]
            var batch = PostgresBatch(settings: settings)
            batch.add("SELECT 1")
            batch.add(read)
            let row = try await pool.run(batch)[1][0]
            #expect(try row.text(0) == "it's *")
            #expect(try row.text(1) == "")
            #expect(try await pool.query(read, settings: settings).first?.text(0) == "it's *")
            // PostgreSQL remembers the name and leaves an empty value behind.
            let after = try #require(try await pool.query(read).first)
            #expect(try after.textIfPresent(0) ?? "" == "")
        }
    }

    @Test func `a batch may have many settings`() async throws {
        try await TestServer.withPool { pool in
            let settings = (0..<20).map { PostgresSetting("app.n\($0)", "\($0)") }
            let row = try await pool.query("SELECT current_setting('app.n19')", settings: settings).first
            #expect(try row?.text(0) == "19")
        }
    }

    @Test func `a setting that is refused fails the batch`() async throws {
        try await Self.withTable { pool, table in
            var batch = PostgresBatch(settings: [PostgresSetting("statement_timeout", "nonsense")])
            batch.add(PostgresStatement("INSERT INTO \(table) VALUES (1)"))
            let error = await failure { try await pool.run(batch) }
            #expect(error?.sqlState == "22023" && error?.statementIndex == nil)
            try await Self.expectCount(pool, table, 0)
        }
    }

    // MARK: Interactive transactions

    @Test func `a transaction commits when its body returns`() async throws {
        try await Self.withTable { pool, table in
            let value = try await pool.withTransaction { transaction in
                let insert = PostgresStatement("INSERT INTO \(table) VALUES ($1) RETURNING v")
                let first = try await transaction.query(insert, [1])
                var batch = PostgresBatch()
                batch.add(insert, [.int64(try first[0].int64(0) + 1)])
                batch.add(insert, [3])
                _ = try await transaction.run(batch)
                try await Self.expectCount(pool, table, 0)
                return "done"
            }
            #expect(value == "done")
            try await Self.expectCount(pool, table, 3)
            #expect(pool.status.leased == 0)
        }
    }

    @Test func `a transaction rolls back when its body throws`() async throws {
        struct Refused: Error {}
        try await Self.withTable { pool, table in
            await #expect(throws: Refused.self) {
                try await pool.withTransaction { transaction in
                    _ = try await transaction.query(PostgresStatement("INSERT INTO \(table) VALUES (1)"))
                    throw Refused()
                }
            }
            try await Self.expectCount(pool, table, 0)
            #expect(pool.status.leased == 0 && pool.status.open == 1)
        }
    }

    @Test func `a transaction rolls back when a statement fails`() async throws {
        try await Self.withTable { pool, table in
            let insert = PostgresStatement("INSERT INTO \(table) VALUES (1)")
            for fails in [1, 2] {
                let error = await failure {
                    try await pool.withTransaction { transaction in
                        if fails == 2 { _ = try await transaction.query(insert) }
                        _ = try await transaction.query("SELECT 1/0")
                    }
                }
                #expect(error?.sqlState == "22012")
                try await Self.expectCount(pool, table, 0)
            }
            #expect(pool.status.leased == 0 && pool.status.open == 1, "the connection stays usable")
        }
    }

    @Test func `an error that the body swallows still fails the transaction`() async throws {
        try await Self.withTable { pool, table in
            let error = await failure {
                try await pool.withTransaction { transaction in
                    _ = try await transaction.query(PostgresStatement("INSERT INTO \(table) VALUES (1)"))
                    _ = try? await transaction.query("SELECT 1/0")
                    let again = await failure { try await transaction.query("SELECT 1") }
                    #expect(again?.kind == .closed)
                }
            }
            #expect(error?.kind == .closed)
            try await Self.expectCount(pool, table, 0)
        }
    }

    @Test func `a deferred constraint fails at commit`() async throws {
        try await Self.withTable { pool, table in
            let alter = "ALTER TABLE \(table) ADD COLUMN p int8 REFERENCES \(table) DEFERRABLE INITIALLY DEFERRED"
            _ = try await pool.query(PostgresStatement(alter))
            let insert = PostgresStatement("INSERT INTO \(table) VALUES (1, 2)")
            let error = await failure {
                try await pool.withTransaction { _ = try await $0.query(insert) }
            }
            #expect(error?.sqlState == .foreignKeyViolation)
            // In a batch the commit is at the synchronization point; that must not count as a success either.
            let batchError = await failure { try await pool.query(insert) }
            #expect(batchError?.sqlState == .foreignKeyViolation)
            try await Self.expectCount(pool, table, 0)
        }
    }

    @Test func `settings apply to the transaction`() async throws {
        let configuration = try TestServer.configuration(maximumConnections: 1)
        try await TestServer.withPool(configuration) { pool in
            let read: PostgresStatement = "SELECT current_setting('app.tenant_id', true)"
            try await pool.withTransaction(settings: [PostgresSetting("app.tenant_id", "t")]) { transaction in
                for _ in 0..<2 {
                    let value = try await transaction.query(read).first?.text(0)
                    #expect(value == "t")
                }
            }
            #expect(try await pool.query(read).first?.textIfPresent(0) ?? "" == "")
        }
    }

    @Test func `a transaction has the isolation level that was asked for`() async throws {
        try await TestServer.withPool { pool in
            for (isolation, name) in [
                (PostgresIsolation.readCommitted, "read committed"), (.repeatableRead, "repeatable read"),
                (.serializable, "serializable"),
            ] {
                let level = try await pool.withTransaction(isolation: isolation) { transaction in
                    try await transaction.query("SELECT current_setting('transaction_isolation')").first?.text(0)
                }
                #expect(level == name)
            }
        }
    }

    @Test func `serialization conflicts are reported`() async throws {
        try await Self.withTable { pool, table in
            _ = try await pool.query(PostgresStatement("INSERT INTO \(table) VALUES (1)"))
            let update = PostgresStatement("UPDATE \(table) SET v = v + 1")
            let error = await failure {
                try await pool.withTransaction(isolation: .repeatableRead) { transaction in
                    _ = try await transaction.query("SELECT 1")
                    _ = try await transaction.query(PostgresStatement("SELECT * FROM \(table)"))
                    _ = try await pool.query(update)
                    _ = try await transaction.query(update)
                }
            }
            #expect(error?.sqlState == .serializationFailure && error?.isTransactionConflict == true)
        }
    }

    @Test func `a transaction without statements opens no connection`() async throws {
        try await TestServer.withPool { pool in
            let value = try await pool.withTransaction { _ in 7 }
            #expect(value == 7)
            #expect(pool.status.open == 0)
        }
    }

    @Test func `a transaction cannot be used after its end`() async throws {
        try await TestServer.withPool { pool in
            let escaped = try await pool.withTransaction { transaction in
                _ = try await transaction.query("SELECT 1")
                return transaction
            }
            let error = await failure { try await escaped.query("SELECT 1") }
            #expect(error?.kind == .closed)
        }
    }

    @Test func `a transaction left open by SQL does not reach the next user`() async throws {
        let configuration = try TestServer.configuration(maximumConnections: 1)
        try await TestServer.withPool(configuration) { pool in
            _ = try await pool.query(PostgresStatement("BEGIN", prepared: false))
            #expect(pool.status.open == 0, "such a connection is closed")
            try await pool.expect(1, "SELECT 1::int8")
        }
    }
}
