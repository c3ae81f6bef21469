import ArgumentParser
import Configuration
import ConfigurationChecks
import JSONCoding
import LocalStack
import Logging
import Migrations
import PostgresClient
import ServiceKit

/// `arc migrate`: brings databases to their newest state, or back.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Bring databases to their newest state, or back.",
        discussion: """
            Without --service, all databases of the stack that `arc up` runs. With it, the database of DB_HOST, DB_PORT and
            DB_DATABASE, as the role DB_MIGRATION_USER with DB_MIGRATION_PASSWORD (or DB_USER): it owns the tables; the
            services run as another role that the migrations grant what it needs.

            A database of ARC SaaS itself is adopted in place; docs/operations.md has the steps.
            """,
        subcommands: [Check.self, Up.self, Down.self, Status.self])

    struct Options: ParsableArguments {
        @Option(help: "message-bus, tenant-management, subscription or orchestrator; default: all of `arc up`'s.")
        var service: MigratedDatabase?

        @Flag(help: "Only show what would be done.")
        var dryRun = false
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Look whether the database can be migrated: its tables, and the rows that new constraints refuse.",
            discussion: """
                Changes nothing, and may run while services write. Exits with 1 when `arc migrate up` would refuse to begin;
                warnings alone do not.
                """)
        @Option(help: "message-bus, tenant-management, subscription or orchestrator; default: all of `arc up`'s.")
        var service: MigratedDatabase?
        @Flag(help: "Print one JSON document.")
        var json = false

        func run() async throws {
            var reports: [(database: String, report: MigrationReport)] = []
            try await MigrateCommand.forEach(service) { database, migrator in
                let report = try await migrator.check()
                reports.append((database.rawValue, report))
                if !json { CommandSupport.say(report.lines(of: database.rawValue).joined(separator: "\n")) }
            }
            if json {
                var writer = JSONWriter()
                MigrationReports(reports: reports).write(to: &writer)
                CommandSupport.say(String(decoding: writer.bytes, as: UTF8.self))
            }
            if reports.contains(where: \.report.isBlocked) { throw ExitCode.failure }
        }
    }

    struct Up: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Apply all pending migrations.",
            discussion:
                "Looks first, as `arc migrate check` does, and changes nothing when rows or tables stand against it.")
        @OptionGroup var options: Options

        func run() async throws {
            try await MigrateCommand.forEach(options.service) { database, migrator in
                let report = try await migrator.check()
                if !report.differences.isEmpty || !report.findings.isEmpty {
                    CommandSupport.complain(report.lines(of: database.rawValue).joined(separator: "\n"))
                }
                guard !report.isBlocked else { throw ExitCode.failure }
                let applied = try await migrator.up(dryRun: options.dryRun)
                let verb = options.dryRun ? "would apply" : "applied"
                CommandSupport.say(
                    "\(database.rawValue): \(applied.isEmpty ? "nothing to do" : "\(verb) \(MigrateCommand.list(applied))")"
                )
            }
        }
    }

    struct Down: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take back the newest migrations.",
            discussion: "Data that only they know is lost. Tables that were adopted from the original stay.")
        @OptionGroup var options: Options
        @Option(help: "How many to take back.")
        var steps = 1

        func validate() throws {
            guard options.service != nil else {
                throw ValidationError("Say --service: one database at a time goes back.")
            }
            guard steps > 0 else { throw ValidationError("--steps must be at least 1.") }
        }

        func run() async throws {
            try await MigrateCommand.forEach(options.service) { database, migrator in
                let reverted = try await migrator.down(steps: steps, dryRun: options.dryRun)
                let verb = options.dryRun ? "would take back" : "took back"
                CommandSupport.say(
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
                CommandSupport.say("\(database.rawValue):")
                for state in try await migrator.status() {
                    let note = state.isAdopted ? "  (the original's tables, adopted)" : ""
                    CommandSupport.say("  \(state.number)  \(state.name)  \(state.status)\(note)")
                }
            }
        }
    }

    private static func list(_ migrations: [Migration]) -> String {
        migrations.map { "\($0.number) \($0.name)" }.joined(separator: ", ")
    }

    /// Does something for each database that the options mean.
    private static func forEach(
        _ service: MigratedDatabase?, _ body: (MigratedDatabase, Migrator) async throws -> Void
    ) async throws {
        CommandSupport.bootstrapQuietLogging()
        let databases = service.map { [$0] } ?? MigratedDatabase.allCases
        for database in databases {
            do {
                let configuration = try await configuration(of: database, isNamed: service != nil)
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
    private static func configuration(
        of database: MigratedDatabase, isNamed: Bool
    ) async throws -> PostgresConfiguration {
        var environment = CommandSupport.environment
        if !isNamed || environment["DB_DATABASE"] == nil {
            guard let stack = try CommandSupport.stack() else {
                throw ConfigurationFailure(
                    key: "DB_DATABASE", reason: "is not set, and there is no stack of `arc up` here (ARC_HOME)")
            }
            environment = stack.environment.migrationVariables(for: database.plan)
        }
        return try PostgresConfiguration.forMigrations(
            reader: try await EnvironmentReader.make(environment: environment))
    }
}

extension PostgresConfiguration {
    /// The database as the role that owns the tables: `DB_MIGRATION_USER` with `DB_MIGRATION_PASSWORD` (or
    /// `DB_MIGRATION_PASSWORD_FILE`) when the first is set, else `DB_USER`.
    static func forMigrations(reader: ConfigReader) throws(ConfigurationFailure) -> PostgresConfiguration {
        try PostgresConfiguration(
            reader: reader, role: reader.text("db.migration.user") == nil ? "db" : "db.migration",
            applicationName: "arc migrate")
    }
}
