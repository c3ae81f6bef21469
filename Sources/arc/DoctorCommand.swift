import ArgumentParser
import AsyncHTTPClient
import Configuration
import ConfigurationChecks
import JSONCoding
import LocalStack
import Logging
import Migrations
import NIOHTTP1
import PDFDocuments
import PostgresClient
import Primitives
import RedisClient
import ServiceKit
import TenantManagement

/// `arc doctor`: checks everything that a service depends on and suggests fixes.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check configuration, connections, migrations, clocks and invoices, and suggest fixes.",
        discussion: """
            While `arc up` is running, checks all services of the stack. With --service, checks the environment of this
            process as `arc serve` would read it: run it in the container of a service that does not start.
            `arc doctor authorize` explains what a service decides about a token and an operation.
            """,
        subcommands: [Authorize.self])

    @Option(help: "Check one service, using the environment of this process.")
    var service: ServiceName?

    func run() async throws {
        CommandSupport.bootstrapQuietLogging()
        var environments: [(ServiceName, [String: String], [String: String]?)] = []
        if let service {
            environments = [(service, CommandSupport.environment, nil)]
        } else if let stack = try CommandSupport.stack(for: "arc doctor") {
            for name in ServiceName.allCases {
                environments.append(
                    (
                        name, try stack.environment.variables(for: name.stackService),
                        stack.environment.migrationVariables(for: name.stackService.database)
                    ))
            }
        } else {
            throw CommandSupport.fail(
                "arc doctor: there is no stack of `arc up` in ARC_HOME. Start one with `arc up`, or use --service to check the environment of this process."
            )
        }
        var problems = 0
        for (name, environment, migration) in environments {
            CommandSupport.printLine("\(name.rawValue)")
            problems += await Examination(service: name, environment: environment, migration: migration).run()
        }
        CommandSupport.printLine(problems == 0 ? "No problems found." : "\(problems) problem(s) found.")
        if problems > 0 { throw ExitCode.failure }
    }
}

/// The examination of one service.
private struct Examination {
    let service: ServiceName
    let environment: [String: String]
    /// Environment of the role that owns the tables; nil to use the service's own.
    let migration: [String: String]?

    /// The largest difference between the clocks of this machine and of the database that tokens and signatures tolerate.
    private static let largestSkew = Duration.seconds(2)
    private let logger = Logger(label: "arc.doctor")

    private struct Check {
        let name: String
        let fix: String
        let examine: () async throws -> String
    }

    func run() async -> Int {
        var problems = 0
        for check in connections + contents {
            do {
                CommandSupport.printLine("  ok    \(check.name): \(try await check.examine())")
            } catch {
                problems += 1
                CommandSupport.printLine("  FAIL  \(check.name): \(error)")
                CommandSupport.printLine("        fix: \(check.fix)")
            }
        }
        return problems
    }

    /// The configuration, and the databases that it names.
    private var connections: [Check] {
        [
            Check(
                name: "configuration", fix: "Set the variable it names; `arc serve --help` lists the important ones."
            ) {
                _ = try await service.make(reader: try await reader(), logger: logger)
                return "valid"
            },
            Check(
                name: "PostgreSQL",
                fix: "Check DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_DATABASE and that the server runs."
            ) {
                try await database(scope: nil)
            },
            Check(
                name: "clock",
                fix: "Synchronize the clocks of the machines with NTP; tokens and callbacks are valid for seconds only."
            ) {
                try await skew()
            },
            Check(name: "message bus", fix: "Check MESSAGE_BUS_DB_HOST and the other MESSAGE_BUS_DB_ variables.") {
                try await database(scope: "message.bus")
            },
        ]
    }

    /// What the databases contain, and what else the service needs.
    private var contents: [Check] {
        var checks = [
            Check(
                name: "migrations",
                fix: "Run `arc migrate up --service \(service.rawValue)` as the role that owns the tables."
            ) {
                try await migrations()
            },
            Check(
                name: "events",
                fix:
                    "See what waits with `arc events list --state pending` and `arc events dead`, and why in the logs of the services."
            ) {
                try await EventExamination(service: service, environment: environment).run()
            },
        ]
        if service != .orchestrator {
            checks.append(
                Check(
                    name: "Redis",
                    fix:
                        "Check REDIS_URL or REDIS_HOST, REDIS_PORT and REDIS_PASSWORD. Without Redis the service works, but more slowly."
                ) {
                    try await redis()
                })
        }
        if service == .tenantManagement {
            checks.append(
                Check(
                    name: "invoices",
                    fix:
                        "Install arc-pdf beside arc (or set PDF_RENDERER_PATH) and fonts for the scripts of your tenants (Debian: fonts-noto-core, fonts-noto-cjk, fonts-noto-color-emoji)."
                ) {
                    try await invoices()
                })
        }
        checks.append(
            Check(name: "HTTP", fix: "Start the service, or check its log for the reason why it does not respond.") {
                try await http()
            })
        return checks
    }

    private func reader() async throws -> ConfigReader {
        try await EnvironmentReader.make(environment: environment)
    }

    private func database(scope: ConfigKey?) async throws -> String {
        let configuration = try PostgresConfiguration(reader: try await reader(), scope: scope)
        let pool = PostgresPool(configuration: configuration, logger: logger)
        let result: Result<PostgresResult, PostgresError>
        do { result = .success(try await pool.query("SELECT version(), current_user")) } catch {
            result = .failure(error)
        }
        await pool.shutdown()
        guard let row = try result.get().first else { throw CommandFailure(description: "there was no response") }
        let version = try row.text(0).split(separator: " ").prefix(2).joined(separator: " ")
        return "\(version) as \(try row.text(1))"
    }

    private func skew() async throws -> String {
        let configuration = try PostgresConfiguration(reader: try await reader())
        let pool = PostgresPool(configuration: configuration, logger: logger)
        let before = SystemClock().now()
        let result: Result<PostgresResult, PostgresError>
        do { result = .success(try await pool.query("SELECT clock_timestamp()")) } catch { result = .failure(error) }
        let after = SystemClock().now()
        await pool.shutdown()
        guard let row = try result.get().first else { throw CommandFailure(description: "there was no response") }
        let theirs = try row.timestamp(0)
        let distance = max(before.duration(since: theirs), theirs.duration(since: after))
        guard distance <= Self.largestSkew else {
            throw CommandFailure(description: "the clocks of the database and of this machine differ by \(distance)")
        }
        return "same as the clock of the database"
    }

    private func migrations() async throws -> String {
        guard let database = MigratedDatabase(rawValue: service.rawValue) else { return "none" }
        let reader = try await EnvironmentReader.make(environment: migration ?? environment)
        let configuration = try PostgresConfiguration.forMigrations(reader: reader)
        let states = try await Migrator(configuration: configuration, migrations: database.migrations, logger: logger)
            .status()
        let pending = states.filter { state in
            if case .applied = state.status { false } else { true }
        }
        guard pending.isEmpty else {
            throw CommandFailure(
                description: "pending or changed: "
                    + pending.map { "\($0.number) \($0.name) (\($0.status))" }.joined(separator: ", "))
        }
        return "all \(states.count) applied"
    }

    /// Draws a document with letters of many scripts.
    private func invoices() async throws -> String {
        let rendering = try InvoiceRendering(reader: try await reader())
        let renderer = PDFRenderer(configuration: rendering.renderer, logger: logger)
        let sample = "Ж Σ א ع 日 한 ह ไ 🎉"
        let output = try await renderer.render(
            PDFDocument(
                title: "Sample", subtitle: "", badge: PDFDocument.Badge("", tone: .neutral),
                recipient: PDFDocument.Recipient(label: "", name: sample, lines: []), facts: [],
                table: PDFDocument.Table(columns: [PDFDocument.Table.Column("", share: 1)], rows: [], totals: []),
                footer: "", created: "2026-01-01T00:00:00Z", fontFamily: rendering.fontFamily))
        renderer.shutdown()
        guard output.missing.isEmpty else {
            throw CommandFailure(
                description: "no font for "
                    + output.missing.map { "\($0.script) (\($0.examples.joined(separator: " ")))" }
                    .joined(separator: ", "))
        }
        return "drawn by \(output.engine)"
    }

    private func redis() async throws -> String {
        let client = RedisClient(configuration: try RedisConfiguration(reader: try await reader()), logger: logger)
        let result: Result<Void, RedisError>
        do { result = .success(try await client.ping()) } catch { result = .failure(error) }
        await client.shutdown()
        try result.get()
        return "responds"
    }

    private func http() async throws -> String {
        let configuration = try ServiceConfiguration(reader: try await reader(), defaultPort: 0)
        let host = ["0.0.0.0", "::"].contains(configuration.host) ? "127.0.0.1" : configuration.host
        let answer = try await DemoClient(client: .shared).call(
            .GET, "http://\(host):\(configuration.port)/health/ready", expect: 200)
        return answer["status"]?.stringValue ?? "responds"
    }
}
