import PostgresClient
import PostgresTestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(20))) struct ErrorTests {
    /// Runs statements in a new schema in which tables `parent` and `child` exist.
    private static func fail(_ sql: String, _ values: [PostgresValue] = []) async throws -> PostgresError? {
        try await TestServer.withPool { pool in
            let schema = TestServer.uniqueName("errors")
            var setup = PostgresBatch()
            setup.add(PostgresStatement("CREATE SCHEMA \(schema)", prepared: false))
            setup.add(
                PostgresStatement(
                    """
                    CREATE TABLE \(schema).parent (
                        id int8 PRIMARY KEY, key text NOT NULL CONSTRAINT parent_key UNIQUE,
                        amount int4 CONSTRAINT amount_positive CHECK (amount > 0))
                    """, prepared: false))
            setup.add(
                PostgresStatement(
                    """
                    CREATE TABLE \(schema).child (
                        parent_id int8 CONSTRAINT child_parent REFERENCES \(schema).parent, a text, b text,
                        UNIQUE (a, b))
                    """, prepared: false))
            setup.add(PostgresStatement("INSERT INTO \(schema).parent VALUES (1, 'secret-value', 1)", prepared: false))
            setup.add(PostgresStatement("INSERT INTO \(schema).child VALUES (1, 'x', 'y')", prepared: false))
            _ = try await pool.run(setup)
            let text = sql.split(separator: "#", omittingEmptySubsequences: false).joined(separator: schema)
            let error = await failure {
                try await pool.query(PostgresStatement(text), values)
            }
            _ = try await pool.query(PostgresStatement("DROP SCHEMA \(schema) CASCADE", prepared: false))
            return error
        }
    }

    @Test func `a unique violation names its constraint and key`() async throws {
        let error = try #require(try await Self.fail("INSERT INTO #.parent VALUES (2, $1, 1)", ["secret-value"]))
        #expect(error.sqlState == .uniqueViolation && error.kind == .server(.uniqueViolation))
        #expect(error.constraint == "parent_key" && error.table == "parent")
        #expect(error.detail == "Key (key)=(secret-value) already exists.")
        #expect(error.detailKey == ["key"])
        #expect(!error.isRetryable && !error.isUnavailable && !error.isTimeout)
    }

    @Test func `a key of several columns is read`() async throws {
        let error = try await Self.fail("INSERT INTO #.child VALUES (1, 'x', 'y')")
        #expect(error?.detailKey == ["a", "b"])
    }

    @Test func `a foreign key violation names its constraint and key`() async throws {
        let error = try await Self.fail("INSERT INTO #.child VALUES (77, 'a', 'b')")
        #expect(error?.sqlState == .foreignKeyViolation && error?.constraint == "child_parent")
        #expect(error?.detailKey == ["parent_id"])
    }

    @Test func `a check violation names its constraint`() async throws {
        let error = try await Self.fail("INSERT INTO #.parent VALUES (2, 'b', -1)")
        #expect(error?.sqlState == .checkViolation && error?.constraint == "amount_positive")
    }

    @Test func `a null violation names its column`() async throws {
        let error = try await Self.fail("INSERT INTO #.parent VALUES (2, NULL, 1)")
        #expect(error?.sqlState == .notNullViolation && error?.column == "key")
    }

    @Test func `a syntax error has its position`() async throws {
        let error = try await Self.fail("SELECT ) 1")
        #expect(error?.sqlState == .syntaxError && error?.position == 8)
    }

    @Test func `an undefined table is recognized`() async throws {
        #expect(try await Self.fail("SELECT * FROM #.nothing")?.sqlState == .undefinedTable)
    }

    @Test func `insufficient privileges are recognized`() async throws {
        try await TestServer.withPool { pool in
            let role = TestServer.uniqueName("role")
            _ = try await pool.query(PostgresStatement("CREATE ROLE \(role)", prepared: false))
            var batch = PostgresBatch(settings: [PostgresSetting("role", role)])
            batch.add("SELECT * FROM pg_authid")
            let error = await failure { try await pool.run(batch) }
            #expect(error?.sqlState == .insufficientPrivilege)
            _ = try await pool.query(PostgresStatement("DROP ROLE \(role)", prepared: false))
        }
    }

    /// Neither SQL nor values in anything that a log line might be made of.
    @Test(arguments: [
        "INSERT INTO #.parent VALUES (2, 'secret-value', 1)", "SELECT 'secret-value'::int8",
        "SELECT 'secret-value' FRM x", "INSERT INTO #.parent VALUES (9, 'secret-value', -5)",
        "DO $$ BEGIN RAISE EXCEPTION 'secret-value' USING DETAIL = 'secret-value', HINT = 'secret-value'; END $$",
    ])
    func `descriptions contain neither data nor SQL`(_ sql: String) async throws {
        let error = try #require(try await Self.fail(sql))
        var text = "\(error) \(String(reflecting: error)) \(error.reason)"
        dump(error, to: &text)
        #expect(!text.contains("secret-value"))
        #expect(!text.contains("SELECT") && !text.contains("INSERT"))
        let state = try #require(error.sqlState)
        #expect("\(error)".contains(state.code))
    }

    @Test func `an unreachable server is a connection error`() async throws {
        let configuration = PostgresConfiguration(
            host: "127.0.0.1", port: "1", user: "u", password: "hunter2", database: "d",
            connectionTimeout: .milliseconds(200))
        let pool = PostgresPool(configuration: configuration, logger: testLogger)
        let error = await failure { try await pool.query("SELECT 1") }
        #expect(error?.kind == .connection && error?.isRetryable == true && error?.isUnavailable == true)
        #expect(error?.serverMessage?.contains("hunter2") == false)
        await pool.shutdown()
    }

    @Test func `a missing database is reported`() async throws {
        let configuration = try TestServer.configuration(database: "no_such_database") {
            $0.connectionTimeout = .milliseconds(300)
        }
        try await TestServer.withPool(configuration) { pool in
            // On a busy machine the first attempts may have no response within the timeout.
            try await TestServer.until {
                let error = await failure { try await pool.query("SELECT 1") }
                #expect(error?.kind == .connection)
                return error?.serverMessage?.contains("no_such_database") == true
            }
        }
    }

    @Test func `TLS that the server does not offer is a connection error`() async throws {
        let configuration = try TestServer.configuration {
            $0.tlsMode = .verifyFull
            $0.host = "127.0.0.1"
            $0.rootCertificate = "/does/not/exist.pem"
            $0.connectionTimeout = .milliseconds(300)
        }
        try await TestServer.withPool(configuration) { pool in
            let error = await failure { try await pool.query("SELECT 1") }
            #expect(error?.kind == .connection)
        }
    }
}
