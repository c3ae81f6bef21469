import Logging
import Migrations
import PostgresClient
import Primitives
import Synchronization

/// Migrated databases to copy from. A template's name contains a checksum of its migrations, so that it is made once
/// for a server and never used after the migrations have changed.
final class TemplateStore: Sendable {
    static let shared = TemplateStore()

    private struct Key: Hashable {
        let kind: TestDatabase.Kind
        let servers: TestServers
    }

    private let templates = Mutex<[Key: Task<String, any Error>]>([:])

    func template(of kind: TestDatabase.Kind, on servers: TestServers) async throws -> String {
        let key = Key(kind: kind, servers: servers)
        let task = templates.withLock { templates in
            if let task = templates[key] { return task }
            let task = Task { try await Self.make(kind, on: servers) }
            templates[key] = task
            return task
        }
        return try await task.value
    }

    private static func make(_ kind: TestDatabase.Kind, on servers: TestServers) async throws -> String {
        try await createRoles(on: servers)
        guard kind != .application else { return "template1" }
        let name = "template_\(kind.rawValue)_\(checksum(kind.migrations))"
        let admin = PostgresPool(configuration: TestDatabase.configuration("postgres", on: servers), logger: testLogger)
        defer { Task { await admin.shutdown(patience: .zero) } }
        let found = try await admin.query("SELECT 1 FROM pg_database WHERE datname = $1", [.text(name)])
        guard found.rowCount == 0 else { return name }

        // Made under another name first: what stands under the final one is complete.
        let draft = "draft_\(SecureRandom.hex(bytes: 6))"
        _ = try await admin.query(PostgresStatement("CREATE DATABASE \(draft)", prepared: false))
        let migrator = Migrator(
            configuration: TestDatabase.configuration(draft, on: servers), migrations: kind.migrations,
            logger: testLogger)
        _ = try await migrator.up()
        do {
            _ = try await admin.query(PostgresStatement("ALTER DATABASE \(draft) RENAME TO \(name)", prepared: false))
        } catch {
            // Another process was faster.
            guard error.sqlState == .duplicateDatabase else { throw error }
            _ = try await admin.query(PostgresStatement("DROP DATABASE \(draft) WITH (FORCE)", prepared: false))
        }
        return name
    }

    /// The roles that migrations grant to and services connect as. They are the cluster's, so all tests share them.
    /// - Parameter more: One more role, with nothing but the right to log in.
    static func createRoles(and more: String? = nil, on servers: TestServers) async throws {
        let admin = PostgresPool(configuration: TestDatabase.configuration("postgres", on: servers), logger: testLogger)
        defer { Task { await admin.shutdown(patience: .zero) } }
        _ = try await admin.withTransaction { transaction in
            _ = try await transaction.query(PostgresStatement("SELECT pg_advisory_xact_lock(7281001)", prepared: false))
            var roles = TestDatabase.Kind.allCases.map { kind in
                (name: kind.runtimeRole, rights: kind == .application ? "CREATEDB CREATEROLE" : "")
            }
            if let more { roles.append((more, "")) }
            for (name, rights) in roles {
                _ = try await transaction.query(
                    PostgresStatement(
                        """
                        DO $$ BEGIN
                            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '\(name)') THEN
                                CREATE ROLE \(name) LOGIN \(rights);
                            END IF;
                        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
                        END $$
                        """, prepared: false))
            }
        }
    }

    /// FNV-1a.
    private static func checksum(_ migrations: [Migration]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for migration in migrations {
            for byte in migration.up.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        return String(hash, radix: 16)
    }
}
