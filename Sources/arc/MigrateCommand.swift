import ArgumentParser
import Configuration
import ConfigurationChecks
import JSONCoding
import Logging
import Migrations
import PostgresClient
import ServiceKit

/// `arc migrate`: applies or reverts database migrations.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Apply or revert database migrations.",
        discussion: """
            Without --service, migrates all databases of the stack that `arc up` runs. With --service, migrates the
            database given by DB_HOST, DB_PORT and DB_DATABASE as the role DB_MIGRATION_USER with DB_MIGRATION_PASSWORD
            (default: DB_USER and DB_PASSWORD). That role owns the tables. The services run as another role, which gets
            its permissions from the migrations.

            An existing ARC SaaS database is adopted in place; docs/operations.md describes the steps.
            """,
        subcommands: [Check.self, Up.self, Down.self, Status.self])

    struct Options: ParsableArguments {
        @Option(
            help: "message-bus, tenant-management, subscription or orchestrator (default: all databases of `arc up`).")
        var service: MigratedDatabase?

        @Flag(help: "Only print what would be done.")
        var dryRun = false
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Check whether a database can be migrated: its tables, and rows that violate new constraints.",
            discussion: """
                Changes nothing and may run while services write. Exits with status 1 when `arc migrate up` would refuse to
                start; warnings do not affect the exit status.
                """)
        @Option(
            help: "message-bus, tenant-management, subscription or orchestrator (default: all databases of `arc up`).")
        var service: MigratedDatabase?
        @Flag(help: "Print one JSON document.")
        var json = false

        func run() async throws {
            var reports: [(database: String, report: MigrationReport)] = []
            try await MigrateCommand.forEach(service) { database, migrator in
                let report = try await migrator.check()
                reports.append((database.rawValue, report))
                if !json { CommandSupport.printLine(report.lines(of: database.rawValue).joined(separator: "\n")) }
            }
            if json {
                var writer = JSONWriter()
                MigrationReports(reports: reports).write(to: &writer)
                CommandSupport.printLine(String(decoding: writer.bytes, as: UTF8.self))
            }
            if reports.contains(where: \.report.isBlocked) { throw ExitCode.failure }
        }
    }

    struct Up: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Apply all pending migrations.",
            discussion:
                "Runs the checks of `arc migrate check` first and changes nothing when one of them fails.")
        @OptionGroup var options: Options

        func run() async throws {
            try await MigrateCommand.forEach(options.service) { database, migrator in
                let report = try await migrator.check()
                if !report.differences.isEmpty || !report.findings.isEmpty {
                    CommandSupport.printError(report.lines(of: database.rawValue).joined(separator: "\n"))
                }
                guard !report.isBlocked else { throw ExitCode.failure }
                for migration in report.pending where migration.isWithoutTransaction && !options.dryRun {
                    CommandSupport.printError(
                        "\(database.rawValue): \(MigrateCommand.list([migration])) will wait until all older transactions "
                            + "of the database have ended; docs/operations.md (Migrations) says how to find them")
                }
                let applied = try await migrator.up(dryRun: options.dryRun)
                let verb = options.dryRun ? "would apply" : "applied"
                CommandSupport.printLine(
                    "\(database.rawValue): \(applied.isEmpty ? "nothing to do" : "\(verb) \(MigrateCommand.list(applied))")"
                )
            }
        }
    }

    struct Down: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revert the newest migrations.",
            discussion: "Data that only these migrations store is lost. Tables adopted from the original stay.")
        @OptionGroup var options: Options
        @Option(help: "Number of migrations to revert.")
        var steps = 1

        func validate() throws {
            guard options.service != nil else {
                throw ValidationError("--service is required: only one database can be reverted at a time.")
            }
            guard steps > 0 else { throw ValidationError("--steps must be at least 1.") }
        }

        func run() async throws {
            try await MigrateCommand.forEach(options.service) { database, migrator in
                let reverted = try await migrator.down(steps: steps, dryRun: options.dryRun)
                let verb = options.dryRun ? "would revert" : "reverted"
                CommandSupport.printLine(
                    "\(database.rawValue): \(reverted.isEmpty ? "nothing to do" : "\(verb) \(MigrateCommand.list(reverted))")"
                )
            }
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show which migrations are applied.")
        @OptionGroup var options: Options

        func run() async throws {
            try await MigrateCommand.forEach(options.service) { database, migrator in
                CommandSupport.printLine("\(database.rawValue):")
                for state in try await migrator.status() { CommandSupport.printLine(state.line) }
            }
        }
    }

    private static func list(_ migrations: [Migration]) -> String {
        migrations.map { "\($0.number) \($0.name)" }.joined(separator: ", ")
    }

    /// Runs `body` for each database that the options select.
    private static func forEach(
        _ service: MigratedDatabase?, _ body: (MigratedDatabase, Migrator) async throws -> Void
    ) async throws {
        CommandSupport.bootstrapQuietLogging()
        let databases = service.map { [$0] } ?? MigratedDatabase.allCases
        for database in databases {
            do {
                let configuration = try await configuration(
                    of: database, isNamed: service != nil, for: "arc migrate")
                try await body(
                    database,
                    Migrator(
                        configuration: configuration, migrations: database.migrations,
                        logger: Logger(label: "arc.migrate")))
            } catch let exit as ExitCode {
                throw exit
            } catch {
                throw CommandSupport.fail("arc migrate: \(database.rawValue): \(error)")
            }
        }
    }

    /// The environment's database when one is named and configured, else the one of `arc up`.
    /// - Parameter command: Its name, for messages.
    static func configuration(
        of database: MigratedDatabase, isNamed: Bool, for command: String
    ) async throws -> PostgresConfiguration {
        try PostgresConfiguration.forMigrations(
            reader: try database.settings(isNamed: isNamed, for: command))
    }
}

extension PostgresConfiguration {
    /// The database as the role that owns the tables: `DB_MIGRATION_USER` with `DB_MIGRATION_PASSWORD` (or
    /// `DB_MIGRATION_PASSWORD_FILE`) when the first is set, else `DB_USER`.
    static func forMigrations(reader: ConfigReader) throws(ConfigurationFailure) -> PostgresConfiguration {
        try PostgresConfiguration(
            reader: reader, role: try migrationRole(reader: reader),
            applicationName: "arc migrate")
    }
}
