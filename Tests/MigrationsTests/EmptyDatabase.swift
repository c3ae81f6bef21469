import PostgresClient
import PostgresTestSupport

/// Gives `body` an empty database, which is removed afterwards.
func withEmptyDatabase<Value>(_ body: (PostgresConfiguration) async throws -> Value) async throws -> Value {
    let template = DatabaseTemplate("migrations", runtimeRole: "migrations_test", migrations: [])
    return try await TestDatabase.makeEmpty(template).removed { database in
        var configuration = database.configuration(connections: 4)
        configuration.schema = "public"
        return try await body(configuration)
    }
}
