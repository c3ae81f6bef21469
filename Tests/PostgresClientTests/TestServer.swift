import PostgresClient
import PostgresTestSupport
import Testing

/// The tests' PostgreSQL server with the timeouts of services, which are tested here.
enum TestServer {
    static func configuration(
        database: String = "postgres", maximumConnections: Int = 4,
        _ change: (inout PostgresConfiguration) -> Void = { _ in }
    ) throws -> PostgresConfiguration {
        let server = try PostgresTestServer.current()
        var configuration = PostgresConfiguration(
            host: server.host, port: server.port, user: server.user, database: database, schema: "public",
            maximumConnections: maximumConnections, connectionTimeout: .seconds(60),
            idleInTransactionTimeout: .seconds(300))
        change(&configuration)
        return configuration
    }

    /// A pool that is shut down afterwards.
    static func withPool<Value>(
        _ configuration: PostgresConfiguration? = nil, _ body: (PostgresPool) async throws -> Value
    ) async throws -> Value {
        let pool = PostgresPool(configuration: try configuration ?? self.configuration(), logger: testLogger)
        do {
            let value = try await body(pool)
            await pool.shutdown()
            return value
        } catch {
            await pool.shutdown(patience: .zero)
            throw error
        }
    }

    /// A new database, dropped afterwards.
    static func withDatabase<Value>(_ body: (PostgresConfiguration) async throws -> Value) async throws -> Value {
        let name = uniqueName("database")
        return try await withPool { pool in
            try await pool.execute("CREATE DATABASE \(name)")
            return try await withCleanup {
                try await body(try configuration(database: name))
            } cleanup: {
                try await pool.execute("DROP DATABASE \(name) WITH (FORCE)")
            }
        }
    }

    /// A name that no other test uses.
    static func uniqueName(_ prefix: String) -> String {
        "\(prefix)_\(UInt64.random(in: .min ... .max))"
    }

    /// Waits until `condition` holds.
    static func until(_ condition: () async throws -> Bool) async throws {
        try await eventually("what the test waits for", every: .milliseconds(5), is: condition)
    }
}

/// The error that `body` must throw.
func failure<Value>(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Value
) async -> PostgresError? {
    do {
        _ = try await body()
        Issue.record("no error was thrown", sourceLocation: sourceLocation)
        return nil
    } catch let error as PostgresError {
        return error
    } catch {
        Issue.record("another error was thrown: \(error)", sourceLocation: sourceLocation)
        return nil
    }
}

extension PostgresPool {
    /// The integer in the first column of the first row.
    func integer(_ statement: PostgresStatement, _ values: [PostgresValue] = []) async throws -> Int64? {
        try await query(statement, values).first?.int64(0)
    }

    /// Expects this integer in the first column of the first row.
    func expect(
        _ expected: Int64, _ statement: PostgresStatement, _ values: [PostgresValue] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let value = try await integer(statement, values)
        #expect(value == expected, sourceLocation: sourceLocation)
    }
}
