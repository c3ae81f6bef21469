import Migrations
import PostgresClient
import Primitives
import Synchronization
import TestSupport

/// Migrated databases to copy from. A template's name contains a checksum of its migrations, so that it is made once
/// for a server and never used after the migrations have changed.
final class TemplateStore: Sendable {
    static let shared = TemplateStore()

    private struct Key: Hashable {
        let template: DatabaseTemplate
        let server: PostgresTestServer
    }

    private let databases = Mutex<[Key: Task<String, any Error>]>([:])

    /// The name of the database to copy.
    func database(of template: DatabaseTemplate, on server: PostgresTestServer) async throws -> String {
        let key = Key(template: template, server: server)
        let task = databases.withLock { databases in
            if let task = databases[key] { return task }
            let task = Task { try await Self.make(template, on: server) }
            databases[key] = task
            return task
        }
        return try await task.value
    }

    private static func make(_ template: DatabaseTemplate, on server: PostgresTestServer) async throws -> String {
        try await server.createRoles([(template.runtimeRole, template.roleOptions)])
        guard !template.migrations.isEmpty else { return "template1" }
        let name = "template_\(template.name)_\(checksum(template.migrations))"
        return try await withPool(server.configuration(database: "postgres", connections: 1)) { admin in
            let found = try await admin.query("SELECT 1 FROM pg_database WHERE datname = $1", [.text(name)])
            guard found.rowCount == 0 else { return name }

            // Made under another name first, so that a database with the final name is always complete.
            let draft = "draft_\(SecureRandom.hex(bytes: 6))"
            try await admin.execute("CREATE DATABASE \(draft)")
            let migrator = Migrator(
                configuration: server.configuration(database: draft), migrations: template.migrations,
                logger: testLogger)
            _ = try await migrator.up()
            do {
                try await admin.execute("ALTER DATABASE \(draft) RENAME TO \(name)")
            } catch {
                // Another process was faster.
                guard (error as? PostgresError)?.sqlState == .duplicateDatabase else { throw error }
                try await admin.execute("DROP DATABASE \(draft) WITH (FORCE)")
            }
            return name
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
