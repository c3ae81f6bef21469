package import PostgresClient
import Primitives
import TestSupport

/// A test's own database.
package struct TestDatabase: Sendable {
    /// Its name.
    package let name: String
    /// What it is a copy of, or would be.
    package let template: DatabaseTemplate
    /// Where it is.
    package let server: PostgresTestServer

    /// A database that exists.
    package init(name: String, template: DatabaseTemplate, server: PostgresTestServer) {
        self.name = name
        self.template = template
        self.server = server
    }

    /// Copies a template, runs `body`, and removes the copy.
    package static func with<Value>(
        _ template: DatabaseTemplate, _ body: (TestDatabase) async throws -> Value
    ) async throws -> Value {
        try await make(template).removed(after: body)
    }

    /// Copies a template.
    /// - Parameter server: nil for the one that the environment names.
    package static func make(
        _ template: DatabaseTemplate, on server: PostgresTestServer? = nil
    ) async throws -> TestDatabase {
        let server = try server ?? .current()
        let source = try await TemplateStore.shared.database(of: template, on: server)
        let database = TestDatabase(
            name: "test_\(template.name)_\(SecureRandom.hex(bytes: 6))", template: template, server: server)
        let owner = template.isOwnedByRuntimeRole ? "OWNER \(template.runtimeRole)" : ""
        try await server.execute("CREATE DATABASE \(database.name) TEMPLATE \(source) \(owner)")
        try await database.runCopyStatements()
        return database
    }

    /// Creates an empty database in which nothing of the template was run; its roles exist.
    /// - Parameters:
    ///   - name: nil for a unique one. A database with a given name is replaced.
    ///   - owner: A role, created if it is missing; nil for the superuser.
    package static func makeEmpty(
        _ template: DatabaseTemplate, named name: String? = nil, owner: String? = nil
    ) async throws -> TestDatabase {
        let database = TestDatabase(
            name: name ?? "test_empty_\(template.name)_\(SecureRandom.hex(bytes: 6))", template: template,
            server: try .current())
        try await database.server.createRoles(
            [(template.runtimeRole, template.roleOptions)] + (owner.map { [($0, "")] } ?? []))
        if name != nil { await database.drop() }
        try await database.server.execute("CREATE DATABASE \(database.name) \(owner.map { "OWNER \($0)" } ?? "")")
        return database
    }

    /// Runs `body` and removes the database.
    package func removed<Value>(after body: (TestDatabase) async throws -> Value) async throws -> Value {
        try await withCleanup {
            try await body(self)
        } cleanup: {
            await drop()
        }
    }

    /// Removes it, whoever is connected.
    package func drop() async {
        await KeptPools.shared.close(name, on: server)
        try? await server.execute("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
    }

    /// Lets nobody connect any more and ends the connections of everybody or of one role; or lets them connect again.
    package func setAway(_ isAway: Bool, for role: String? = nil) async throws {
        try await server.execute("ALTER DATABASE \(name) ALLOW_CONNECTIONS \(!isAway)")
        guard isAway else { return }
        if role == nil { await KeptPools.shared.close(name, on: server) }
        let ofRole = role.map { "AND usename = '\($0)'" } ?? ""
        try await server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)' \(ofRole)")
    }

    /// How to reach it.
    /// - Parameter user: The role; nil for the superuser, whom row-level security does not bind.
    package func configuration(user: String? = nil, connections: Int = 2) -> PostgresConfiguration {
        server.configuration(database: name, user: user, connections: connections)
    }

    /// Gives `body` a pool on the database.
    package func withPool<Value>(
        user: String? = nil, connections: Int = 2, _ body: (PostgresPool) async throws -> Value
    ) async throws -> Value {
        try await PostgresTestSupport.withPool(configuration(user: user, connections: connections), body)
    }

    /// Runs a statement as superuser, again when it lost a deadlock against a service.
    @discardableResult
    package func query(_ sql: String, _ values: [PostgresValue] = []) async throws -> PostgresResult {
        try await withSuperuser { try await $0.perform(sql, values) }
    }

    /// The only value of a statement that counts something.
    package func count(_ sql: String, _ values: [PostgresValue] = []) async throws -> Int {
        try await withSuperuser { try await $0.count(sql, values) }
    }

    private func withSuperuser<Value>(_ body: (PostgresPool) async throws -> Value) async throws -> Value {
        guard let kept = KeptPools.shared.pool(name, on: server) else { return try await withPool(body) }
        return try await body(kept)
    }

    /// The first column of every row, as text.
    package func texts(_ sql: String, _ values: [PostgresValue] = []) async throws -> [String] {
        try await query(sql, values).rows.map { try $0.text(0) }
    }

    private func runCopyStatements() async throws {
        let statements = template.copyStatements(name)
        guard !statements.isEmpty else { return }
        var batch = PostgresBatch()
        for sql in ["SET LOCAL session_replication_role = replica"] + statements {
            batch.add(PostgresStatement(sql, prepared: false))
        }
        _ = try await withSuperuser { try await $0.run(batch) }
    }
}
