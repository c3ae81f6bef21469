import PostgresClient
import PostgresTestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(20))) struct QueryTests {
    @Test func `a result has rows, columns and counts`() async throws {
        try await TestServer.withPool { pool in
            let result = try await pool.query("SELECT n, n * n AS square FROM generate_series(1, 3) AS n")
            #expect(result.rowCount == 3 && result.columnCount == 2)
            #expect(result.columnName(1) == "square" && result.columnIndex("square") == 1)
            #expect(result.columnIndex("none") == nil && result.columnName(7) == "")
            #expect(try result.rows.map { try $0.int64(1) } == [1, 4, 9])
            #expect(try result[2].int64(0) == 3)
            #expect(try await pool.query("SELECT 1 WHERE false").first == nil)
        }
    }

    @Test func `affected rows are counted`() async throws {
        try await TestServer.withPool { pool in
            let table = TestServer.uniqueName("affected")
            _ = try await pool.query(PostgresStatement("CREATE TABLE \(table) (v int8)"))
            let insert = PostgresStatement("INSERT INTO \(table) SELECT generate_series(1, 5)")
            let inserted = try await pool.query(insert)
            #expect(inserted.affectedRows == 5 && inserted.rowCount == 0 && inserted.commandTag == "INSERT 0 5")
            let deleted = try await pool.query(PostgresStatement("DELETE FROM \(table) WHERE v > $1"), [2])
            #expect(deleted.affectedRows == 3)
            let dropped = try await pool.query(PostgresStatement("DROP TABLE \(table)", prepared: false))
            #expect(dropped.affectedRows == 0)
        }
    }

    @Test func `sessions have the configured timeouts and search path`() async throws {
        let configuration = try TestServer.configuration {
            $0.schema = "we \"ird\\"
            $0.statementTimeout = .milliseconds(1234)
            $0.lockTimeout = .milliseconds(2345)
            $0.idleInTransactionTimeout = .milliseconds(3456)
            $0.applicationName = "name of test"
        }
        try await TestServer.withPool(configuration) { pool in
            let row = try #require(
                try await pool.query(
                    """
                    SELECT current_setting('statement_timeout'), current_setting('lock_timeout'),
                        current_setting('idle_in_transaction_session_timeout'), current_setting('search_path'),
                        current_setting('application_name'), current_setting('client_encoding')
                    """
                ).first)
            #expect(try row.text(0) == "1234ms" && row.text(1) == "2345ms" && row.text(2) == "3456ms")
            #expect(try row.text(3) == "\"we \"\"ird\\\", public")
            #expect(try row.text(4) == "name of test" && row.text(5) == "UTF8")
        }
    }

    @Test func `a statement is prepared once per connection`() async throws {
        let configuration = try TestServer.configuration(maximumConnections: 1)
        try await TestServer.withPool(configuration) { pool in
            let statement = PostgresStatement("SELECT $1::int8 + 1 /* \(TestServer.uniqueName("once")) */")
            for value in 0..<10 as Range<Int64> {
                try await pool.expect(value + 1, statement, [.int64(value)])
            }
            let counts = try await pool.query(
                "SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE statement = $1",
                [.text(statement.sql)])
            #expect(counts.rowCount == 1)
            #expect(try counts.first?.int64(0) == 10)
        }
    }

    @Test func `the cache of prepared statements is bounded`() async throws {
        let configuration = try TestServer.configuration(maximumConnections: 1) { $0.statementCacheSize = 4 }
        try await TestServer.withPool(configuration) { pool in
            for value in 0..<50 {
                try await pool.expect(Int64(value), PostgresStatement("SELECT \(value)::int8"))
            }
            // Ours is among them, and its eviction is on the way with the same request.
            let count = try await pool.query("SELECT count(*) FROM pg_prepared_statements").first?.int64(0)
            #expect(try #require(count) <= 5)
        }
    }

    @Test func `a batch may have more statements than the cache`() async throws {
        let configuration = try TestServer.configuration(maximumConnections: 1) { $0.statementCacheSize = 2 }
        try await TestServer.withPool(configuration) { pool in
            for _ in 0..<3 {
                var batch = PostgresBatch()
                for value in [1, 2, 3, 1, 4, 2] { batch.add(PostgresStatement("SELECT \(value)::int8")) }
                let values = try await pool.run(batch).map { try $0[0].int64(0) }
                #expect(values == [1, 2, 3, 1, 4, 2])
            }
        }
    }

    @Test func `a parameter that was null may get a type`() async throws {
        let configuration = try TestServer.configuration(maximumConnections: 1)
        try await TestServer.withPool(configuration) { pool in
            let statement: PostgresStatement = "SELECT coalesce($1::int8, -1), $2::text"
            for _ in 0..<2 {
                try await pool.expect(-1, statement, [.null, "a"])
                try await pool.expect(7, statement, [.int64(7), .null])
                try await pool.expect(8, statement, [.int32(8), "b"])
            }
        }
    }

    @Test func `a changed table does not break prepared statements`() async throws {
        try await TestServer.withPool { pool in
            let table = TestServer.uniqueName("changed")
            _ = try await pool.query(PostgresStatement("CREATE TABLE \(table) AS SELECT 1::int8 AS a"))
            let statement = PostgresStatement("SELECT * FROM \(table)")
            // On several connections, each of which has it prepared.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 { group.addTask { _ = try await pool.query(statement) } }
                try await group.waitForAll()
            }
            _ = try await pool.query(PostgresStatement("ALTER TABLE \(table) ADD COLUMN b text DEFAULT 'x'"))
            // The first statement of a transaction has nothing before it that would be lost.
            let columns = try await pool.withTransaction { try await $0.query(statement).columnCount }
            #expect(columns == 2)
            for _ in 0..<8 { #expect(try await pool.query(statement).columnCount == 2) }
            _ = try await pool.query(PostgresStatement("DROP TABLE \(table)"))
        }
    }

    @Test func `prepared statements that were deallocated are prepared again`() async throws {
        let configuration = try TestServer.configuration(maximumConnections: 1)
        try await TestServer.withPool(configuration) { pool in
            try await pool.expect(41, "SELECT 41::int8")
            _ = try await pool.query(PostgresStatement("DEALLOCATE ALL", prepared: false))
            try await pool.expect(41, "SELECT 41::int8")
        }
    }

    @Test func `concurrent tasks get their own results`() async throws {
        try await TestServer.withPool { pool in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<50 as Range<Int64> {
                    group.addTask {
                        for round in 0..<20 as Range<Int64> {
                            let value = task * 1000 + round
                            let read = try await pool.query("SELECT $1::int8", [.int64(value)]).first?.int64(0)
                            #expect(read == value)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(pool.status.open <= 4 && pool.status.leased == 0 && pool.status.waiting == 0)
        }
    }

    /// Far more than socket buffers hold, both ways at once: neither side may wait for the other indefinitely.
    @Test func `large amounts of data flow in both directions`() async throws {
        try await TestServer.withPool { pool in
            let text = String(repeating: "x", count: 200_000)
            var batch = PostgresBatch()
            for _ in 0..<100 { batch.add("SELECT $1::text", [.text(text)]) }
            let results = try await pool.run(batch)
            #expect(results.count == 100)
            #expect(try results.allSatisfy { try $0[0].text(0).utf8.count == text.utf8.count })
        }
    }

    @Test func `zero bytes in SQL are refused`() async throws {
        try await TestServer.withPool { pool in
            let error = await failure {
                try await pool.query(PostgresStatement("SELECT 1\u{0}; DROP TABLE x"))
            }
            #expect(error?.kind == .encoding)
        }
    }

    @Test func `several hosts are tried in order`() async throws {
        let server = try PostgresTestServer.current()
        let configuration = try TestServer.configuration {
            $0.host = "127.0.0.1,\(server.host)"
            $0.port = "1,\(server.port)"
            $0.targetServer = .readWrite
        }
        try await TestServer.withPool(configuration) { pool in
            try await pool.expect(1, "SELECT 1::int8")
        }
    }
}
