import ArgumentParser
import Entities
import FoundationEssentials
import LocalStack
import Logging
import Migrations
import Orchestrator
import PostgresClient
import ServicePlatform
import Subscription
import TenantManagement

extension TenantsCommand {
    /// `arc tenants import FILE`.
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Store the tenant of an archive with all its rows and their ids, or restore one that was off-boarded.",
            discussion: """
                The archive is one of GET /tenant-exports/{id}/archive. Its checksums are verified first, then all rows are
                stored, or none, and then the application data is restored on a data server. Afterwards provision the tenant,
                so that its resources name the new place.

                A tenant that is there and was off-boarded gets the rows that are missing; those that are there stay as they are. One
                that was not off-boarded, or was erased, is refused, and so is whatever belongs to other tenants or has a
                unique value of theirs, with the reason. If another tenant has the key, choose a new one with --key. Nothing of
                other tenants is ever changed. What was interrupted is repeated.

                Without --service, uses the databases and the orchestrator of the stack that `arc up` runs. With --service,
                stores only what is of that service: first subscription, then tenant-management, in the database given by
                DB_HOST, DB_PORT and DB_DATABASE as the role that owns the tables (DB_MIGRATION_USER); last orchestrator, with
                all settings of the orchestrator, for the application data. Temporary copies of it are made in TMPDIR.
                """)

        @Argument(help: "The archive.")
        var file: String
        @Option(help: "subscription, tenant-management or orchestrator (default: all, of `arc up`).")
        var service: MigratedDatabase?
        @Option(help: "The tenant's key here, if another tenant has the archive's.")
        var key: String?
        @Flag(help: "Only verify the archive.")
        var dryRun = false
        @Option(help: "Copy the application data to this new file instead of storing anything.")
        var extractData: String?

        /// Those with rows.
        private static let services: [MigratedDatabase] = [.tenantManagement, .subscription]

        func validate() throws {
            guard service != .messageBus else {
                throw ValidationError("--service must be subscription, tenant-management or orchestrator.")
            }
            guard key.map(TenantArchive.isKey) ?? true else {
                throw ValidationError("--key must be 1 to 10 letters a-z and digits.")
            }
        }

        func run() async throws {
            CommandSupport.bootstrapQuietLogging()
            let file: ArchiveFile
            let archive: TenantArchive
            do {
                file = try ArchiveFile(reading: self.file)
                archive = try TenantArchive(
                    file: file, migration: TenantManagementMigrations.all.map(\.number).max() ?? 0)
            } catch {
                throw CommandSupport.fail("arc tenants import: \(error). Nothing was stored.")
            }
            show(archive.manifest)
            if let extractData { return try extract(archive, file, to: extractData) }
            guard !dryRun else { return }
            if service != .orchestrator { try await storeRows(of: archive) }
            if service ?? .orchestrator == .orchestrator { try await restoreData(of: archive, file) }
        }

        private func show(_ manifest: ArchiveManifest) {
            CommandSupport.printLine(
                "tenant \(manifest.tenant), exported \(manifest.exportedOn): \(manifest.files.count) files, all checksums match"
            )
            for omission in manifest.leftOut {
                CommandSupport.printLine("  not in the archive: \(omission.what): \(omission.reason)")
            }
        }

        private func extract(_ archive: TenantArchive, _ file: ArchiveFile, to path: String) throws {
            do { try archive.extractApplicationData(from: file, to: path) } catch {
                throw CommandSupport.fail("arc tenants import: the application data cannot be copied: \(error)")
            }
            CommandSupport.printLine("the application data is in \(path)")
        }

        private func storeRows(of archive: TenantArchive) async throws {
            do {
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
            guard let detail = error.detail else { return "\(error)" }
            return detail.hasPrefix("Key (key)=") ? "\(detail) Choose another one with --key." : detail
        }

        /// One transaction in each database, that of the first one around the others. The tenant itself is committed last: if
        /// that fails, its other rows are there already, and the next attempt finds them.
        private func store(_ archive: TenantArchive, in services: [MigratedDatabase]) async throws -> Int {
            guard let first = services.first else { return 0 }
            let pool = PostgresPool(
                configuration: try await MigrateCommand.configuration(
                    of: first, isNamed: service != nil, for: "arc tenants"),
                logger: Logger(label: "arc.tenants"))
            return try await CommandSupport.closing({ await pool.shutdown() }) {
                try await pool.withTransaction { transaction in
                    let own = try await archive.store(
                        first.rawValue, key: key, entities: try Self.entities(of: first), in: transaction)
                    return own + (try await store(archive, in: Array(services.dropFirst())))
                }
            }
        }

        private static func entities(of service: MigratedDatabase) throws -> [Entity] {
            switch service {
            case .subscription: try SubscriptionApp.catalog().entities
            default: try TenantManagementApp.catalog().entities
            }
        }

        // MARK: Application data

        private func restoreData(of archive: TenantArchive, _ file: ArchiveFile) async throws {
            let manifest = archive.manifest
            guard let data = manifest.applicationData else { return }
            guard data.isDump, let key = key ?? manifest.tenantKey else {
                CommandSupport.printLine(
                    "the application data was made by a command or pipeline of the tier; get it with --extract-data FILE and restore it there"
                )
                return
            }
            let path = FileManager.default.temporaryDirectory
                .appending(path: "arc-import-\(manifest.export).dump").path
            try? FileManager.default.removeItem(atPath: path)
            defer { try? FileManager.default.removeItem(atPath: path) }
            do {
                try archive.extractApplicationData(from: file, to: path)
                let place = try await restore(
                    ApplicationDataImport.Dump(
                        tenant: manifest.tenant, tenantKey: key, tier: data.tier ?? "",
                        isDatabase: data.kind == "postgres-database", path: path))
                CommandSupport.printLine(
                    "the application data was restored on \(place); now POST /tenants/\(manifest.tenant)/provision")
            } catch let exit as ExitCode {
                throw exit
            } catch {
                throw CommandSupport.fail(
                    "arc tenants import: the application data was not restored: \(Self.reason(error)). Rows that were stored stay; repeat with --service orchestrator."
                )
            }
        }

        private func restore(_ dump: ApplicationDataImport.Dump) async throws -> String {
            let service = try ApplicationDataImport(
                reader: try TenantsCommand.orchestratorSettings(for: "arc tenants"),
                logger: Logger(label: "arc.tenants"))
            return try await CommandSupport.closing({ await service.shutdown() }) { try await service.restore(dump) }
        }
    }
}
