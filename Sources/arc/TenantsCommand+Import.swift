import ArgumentParser
import FoundationEssentials
import LocalStack
import Logging
import Migrations
import PostgresClient
import TenantManagement

extension TenantsCommand {
    /// `arc tenants import FILE`.
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Store the tenant of an archive with all its rows and their ids.",
            discussion: """
                The archive is one of GET /tenant-exports/{id}/archive. Its checksums are verified first, then all rows are
                stored, or none. The tenant must not exist. Application data is not part of an archive: provision the
                tenant, then restore the dump of its schema or database.

                Without --service, uses the databases of the stack that `arc up` runs. With --service, stores only the rows of
                that service, in the database given by DB_HOST, DB_PORT and DB_DATABASE as the role that owns the tables
                (DB_MIGRATION_USER); repeat the command for the other service, first subscription, then tenant-management.
                """)

        @Argument(help: "The archive.")
        var file: String
        @Option(help: "tenant-management or subscription (default: both, of `arc up`).")
        var service: MigratedDatabase?
        @Flag(help: "Only verify the archive.")
        var dryRun = false

        private static let services: [MigratedDatabase] = [.tenantManagement, .subscription]

        func validate() throws {
            guard service.map({ Self.services.contains($0) }) ?? true else {
                throw ValidationError("--service must be tenant-management or subscription.")
            }
        }

        func run() async throws {
            CommandSupport.bootstrapQuietLogging()
            do {
                let archive = try TenantArchive(
                    [UInt8](try Data(contentsOf: URL(filePath: file))),
                    migration: TenantManagementMigrations.all.map(\.number).max() ?? 0)
                let manifest = archive.manifest
                CommandSupport.printLine(
                    "tenant \(manifest.tenant), exported \(manifest.exportedOn): \(manifest.files.count) files, all checksums match"
                )
                for omission in manifest.leftOut {
                    CommandSupport.printLine("  not in the archive: \(omission.what): \(omission.reason)")
                }
                guard !dryRun else { return }
                let stored = try await store(archive, in: service.map { [$0] } ?? Self.services)
                CommandSupport.printLine("\(stored) rows were stored")
            } catch let exit as ExitCode {
                throw exit
            } catch {
                throw CommandSupport.fail("arc tenants import: \(Self.reason(error)). Nothing was stored.")
            }
        }

        private static func reason(_ error: any Error) -> String {
            guard let error = error as? PostgresError else { return "\(error)" }
            return error.detail ?? "\(error)"
        }

        /// One transaction in each database, that of the first one around the others. The tenant itself is committed last: if
        /// that fails, its other rows are there already, and the next attempt finds them.
        private func store(_ archive: TenantArchive, in services: [MigratedDatabase]) async throws -> Int {
            guard let first = services.first else { return 0 }
            let pool = PostgresPool(
                configuration: try await MigrateCommand.configuration(
                    of: first, isNamed: service != nil, for: "arc tenants"),
                logger: Logger(label: "arc.tenants"))
            let outcome: Result<Int, any Error>
            do {
                outcome = .success(
                    try await pool.withTransaction { transaction in
                        let own = try await archive.store(first.rawValue, in: transaction)
                        return own + (try await store(archive, in: Array(services.dropFirst())))
                    })
            } catch {
                outcome = .failure(error)
            }
            await pool.shutdown()
            return try outcome.get()
        }
    }
}
