import Configuration
import ConfigurationChecks
import JSONCoding
import Logging
import MessageBus
import Migrations
import OpenTelemetry
import PDFDocuments
import PostgresClient
import Primitives
import RedisClient
import ServiceKit
import ServicePlatform
import TenantManagement

/// The examination of one service. All checks run at the same time, each of them for a limited time.
struct Examination: Sendable {
    let service: ServiceName
    let environment: [String: String]
    /// Environment of the role that owns the tables; nil to use the service's own.
    let migration: [String: String]?

    let logger = Logger(label: "arc.doctor")

    /// One thing that is examined.
    struct Check: Sendable {
        let name: String
        let advice: String
        /// Whether the service works without it.
        var isOptional = false
        /// Whether it asks the database of the service, which is a check of its own.
        var asksDatabase = false
        /// What it is like; throws what is wrong.
        let examine: @Sendable () async throws -> String
    }

    /// - Parameter timeout: Of each check.
    func run(timeout: Duration) async -> [Finding] {
        let checks = connections + contents + dependencies
        let found = await withTaskGroup(of: (Int, Finding).self) { group in
            for (index, check) in checks.enumerated() {
                group.addTask { (index, await Self.examine(check, timeout: timeout)) }
            }
            return await group.reduce(into: [Int: Finding]()) { $0[$1.0] = $1.1 }
        }
        let readiness = await Readiness(self).findings(timeout: timeout)
        let findings = checks.indices.compactMap { found[$0] }
        return Self.explained(findings, of: checks) + readiness
    }

    /// While the database does not answer, nothing is known of what asks it, and only one thing is to be done.
    private static func explained(_ findings: [Finding], of checks: [Check]) -> [Finding] {
        guard findings.contains(where: { $0.name == databaseCheck && $0.state == .failed }) else { return findings }
        return zip(findings, checks).map { finding, check in
            guard check.asksDatabase, finding.state != .ok else { return finding }
            return Finding(
                name: finding.name, state: finding.state, message: finding.message,
                advice: "Repair \(databaseCheck) first; this asks it.")
        }
    }

    private static let databaseCheck = "PostgreSQL"

    private static func examine(_ check: Check, timeout: Duration) async -> Finding {
        let outcome = await Patience.run(atMost: timeout) { () async -> Result<String, any Error> in
            do { return .success(try await check.examine()) } catch { return .failure(error) }
        }
        switch outcome {
        case .success(let message): return .ok(check.name, message)
        case .failure(let error): return failure(check, "\(error)")
        case nil: return failure(check, "there was no answer within \(timeout.components.seconds) s")
        }
    }

    private static func failure(_ check: Check, _ message: String) -> Finding {
        Finding(
            name: check.name, state: check.isOptional ? .limited : .failed, message: message, advice: check.advice)
    }

    func reader() throws -> ConfigReader {
        try EnvironmentReader.make(environment: environment)
    }

    // MARK: What is examined

    /// The configuration, and the databases that it names.
    private var connections: [Check] {
        [
            Check(
                name: "configuration", advice: "Set the variable it names; `arc serve --help` lists the important ones."
            ) {
                _ = try await service.make(reader: try reader(), logger: logger)
                return "valid"
            },
            Check(
                name: Self.databaseCheck,
                advice: "Check DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_DATABASE and that the server runs."
            ) {
                try await database(prefix: nil)
            },
            Check(
                name: "clock",
                advice:
                    "Synchronize the clocks of the machines with NTP; tokens and callbacks are valid for seconds only.",
                asksDatabase: true
            ) {
                try await ClockExamination(self).run()
            },
            Check(
                name: "message bus",
                advice:
                    "Check EVENT_CONNECTOR and its settings: MESSAGE_BUS_DB_HOST and the other MESSAGE_BUS_DB_ variables, MESSAGE_BUS_REDIS_ variables, or those of AWS."
            ) {
                try await bus()
            },
        ]
    }

    /// What the databases contain.
    private var contents: [Check] {
        [
            Check(
                name: "migrations",
                advice: "Run `arc migrate up --service \(service.rawValue)` as the role that owns the tables.",
                asksDatabase: true
            ) {
                try await migrations()
            },
            Check(
                name: "events",
                advice:
                    "See what waits with `arc events list --state pending` and `arc events dead`, and why in the logs of the services.",
                asksDatabase: true
            ) {
                try await EventExamination(service: service, environment: environment).run()
            },
        ]
    }

    /// What else the service needs.
    private var dependencies: [Check] {
        var checks: [Check] = []
        if service != .orchestrator {
            checks.append(
                Check(
                    name: "Redis",
                    advice:
                        "Check REDIS_URL or REDIS_HOST, REDIS_PORT and REDIS_PASSWORD, or REDIS_SENTINELS and REDIS_SENTINEL_MASTER. Without Redis the service works, but more slowly."
                ) {
                    try await redis()
                })
        }
        if service != .orchestrator {
            checks.append(
                Check(
                    name: "read replicas",
                    advice:
                        "Check DB_READ_HOSTS and the servers it names (docs/operations.md, Read replicas). Reads that they do not answer go to the primary.",
                    isOptional: true, asksDatabase: true
                ) {
                    try await ReplicaExamination(self).run()
                })
        }
        if service == .tenantManagement {
            checks.append(
                Check(
                    name: "invoices",
                    advice:
                        "Install arc-pdf beside arc (or set PDF_RENDERER_PATH) and fonts for the scripts of your tenants (Debian: fonts-noto-core, fonts-noto-cjk, fonts-noto-color-emoji)."
                ) {
                    try await invoices()
                })
            checks.append(
                Check(
                    name: "mail",
                    advice: "Check NOTIFICATION_TRANSPORT, SMTP_HOST and SMTP_PORT, and that the mail server runs."
                ) {
                    try await NotificationTransports.examine(reader: try reader(), logger: logger)
                })
        }
        checks.append(
            Check(
                name: "tracing",
                advice:
                    "Check OTEL_EXPORTER_OTLP_ENDPOINT and that the receiver takes OTLP over HTTP there. Without it spans are dropped, and nothing else is missing.",
                isOptional: true
            ) {
                try await tracing()
            })
        return checks
    }

    // MARK: How

    private func database(prefix: String?) async throws -> String {
        let configuration = try PostgresConfiguration(reader: try reader(), prefix: prefix)
        let pool = PostgresPool(configuration: configuration, logger: logger)
        let result = try await CommandSupport.closing({ await pool.shutdown() }) {
            try await pool.query("SELECT version(), current_user")
        }
        guard let row = result.first else { throw CommandFailure(description: "there was no response") }
        let version = try row.text(0).split(separator: " ").prefix(2).joined(separator: " ")
        return "\(version) as \(try row.text(1))"
    }

    private func bus() async throws -> String {
        let reader = try reader()
        let connector = try BusConnectors.name(reader: reader)
        if connector == "postgres" { return try await database(prefix: "MESSAGE_BUS") }
        let bus = try BusConnectors.connect(reader: reader, clock: SystemClock(), logger: logger)
        let isHealthy = try await CommandSupport.closing(bus.shutdown) { await bus.isHealthy() }
        guard isHealthy else { throw CommandFailure(description: "\(connector) does not respond, or is not ready") }
        return "\(connector) responds"
    }

    private func migrations() async throws -> String {
        guard let database = MigratedDatabase(rawValue: service.rawValue) else { return "none" }
        let reader = try EnvironmentReader.make(environment: migration ?? environment)
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

    private func redis() async throws -> String {
        let configuration = try RedisConfiguration(reader: try reader())
        let client = RedisClient(configuration: configuration, logger: logger)
        try await CommandSupport.closing({ await client.shutdown() }) { try await client.ping() }
        guard let sentinels = configuration.sentinels else { return "responds" }
        return "the master \(sentinels.master) of the sentinels responds"
    }

    private func tracing() async throws -> String {
        let configuration = try TracingConfiguration.read(
            try reader(), service: service.rawValue, logger: logger)
        guard let configuration else { return "off" }
        return try await configuration.examine()
    }

    /// Draws a document with letters of many scripts.
    private func invoices() async throws -> String {
        let rendering = try DocumentRendering(reader: try reader())
        let renderer = PDFRenderer(configuration: rendering.renderer, logger: logger)
        let sample = "Ж Σ א ع 日 한 ह ไ 🎉"
        let output = try await CommandSupport.closing({ renderer.shutdown() }) {
            try await renderer.render(
                PDFDocument(
                    title: "Sample", subtitle: "", badge: PDFDocument.Badge("", tone: .neutral),
                    recipient: PDFDocument.Recipient(label: "", name: sample, lines: []), facts: [],
                    table: PDFDocument.Table(columns: [PDFDocument.Table.Column("", share: 1)], rows: [], totals: []),
                    footer: "", created: "2026-01-01T00:00:00Z", fontFamily: rendering.fontFamily))
        }
        guard output.missing.isEmpty else {
            throw CommandFailure(
                description: "no font for "
                    + output.missing.map { "\($0.script) (\($0.examples.joined(separator: " ")))" }
                    .joined(separator: ", "))
        }
        return "drawn by \(output.engine)"
    }
}
