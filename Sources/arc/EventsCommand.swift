import ArgumentParser
import JSONCoding
import LocalStack
import Logging
import MessageBus
import PostgresClient
import Primitives

/// `arc events`: lists dead letters and retries them.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "List dead letters and retry them, and announce tenants.",
        discussion: """
            An event becomes a dead letter when the bus or a handler rejects it, or fails too often. It stays until it is
            retried. GET /health/ready of a service is degraded while there are dead letters.

            Without --service, uses all databases of the stack that `arc up` runs. With --service, uses the database given
            by DB_HOST, DB_PORT and DB_DATABASE, like `arc migrate`.
            """,
        subcommands: [Dead.self, Retry.self, AnnounceTenants.self])

    /// A database that stores events.
    enum Source: String, CaseIterable, ExpressibleByArgument {
        /// Published, not handled.
        case messageBus = "message-bus"
        /// Not published.
        case tenantManagement = "tenant-management"
        case subscription

        fileprivate var database: MigratedDatabase {
            switch self {
            case .messageBus: .messageBus
            case .tenantManagement: .tenantManagement
            case .subscription: .subscription
            }
        }
    }

    struct Dead: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List dead letters with their reasons, oldest first.")
        @Option(help: "message-bus, tenant-management or subscription (default: all databases of `arc up`).")
        var service: Source?
        @Option(help: "Maximum number of events for each outbox and consumer group.")
        var limit = 100
        @Flag(help: "Print one JSON array.")
        var json = false

        func validate() throws {
            guard (1...10_000).contains(limit) else { throw ValidationError("--limit must be 1 to 10000.") }
        }

        func run() async throws {
            var letters: [Letter] = []
            try await EventsCommand.forEach(service) { source, box in
                letters += try await box.list(limit: limit).map { Letter(source: source.rawValue, letter: $0) }
            }
            if json {
                var writer = JSONWriter()
                writer.beginArray()
                for letter in letters { letter.write(to: &writer) }
                writer.endArray()
                CommandSupport.printLine(String(decoding: writer.bytes, as: UTF8.self))
            } else if letters.isEmpty {
                CommandSupport.printLine("no dead letters")
            } else {
                for letter in letters { CommandSupport.printLine(letter.line) }
            }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Retry dead letters.",
            discussion: "They are delivered before later events of their tenant that are still waiting.")
        @Option(help: "message-bus, tenant-management or subscription (default: all databases of `arc up`).")
        var service: Source?
        @Flag(help: "Retry all dead letters.")
        var all = false
        @Argument(help: "Identifiers of events, as listed by `arc events dead`.")
        var events: [String] = []

        func validate() throws {
            guard all != !events.isEmpty else { throw ValidationError("Specify events, or --all.") }
            for event in events where Identifier(event) == nil {
                throw ValidationError("\(event) is not a valid event identifier.")
            }
        }

        func run() async throws {
            let identifiers = all ? nil : events.compactMap { Identifier($0) }
            var count = 0
            try await EventsCommand.forEach(service) { _, box in count += try await box.retry(identifiers) }
            CommandSupport.printLine(count == 1 ? "1 event will be retried" : "\(count) events will be retried")
            if count == 0, !all { throw ExitCode.failure }
        }
    }

    /// A dead letter as it is shown.
    private struct Letter: JSONWritable {
        let source: String
        let letter: DeadLetter

        private var place: String { letter.group.map { "\(source) (\($0))" } ?? "\(source) (outbox)" }

        var line: String {
            let tenant = letter.event.tenantID.map { " tenant \($0)" } ?? ""
            return """
                \(letter.event.id)  \(letter.event.type)\(tenant)  \(place)  \(letter.settledAt), attempt \
                \(letter.attempts): \(letter.lastError ?? "no reason")
                """
        }

        func write(to writer: inout JSONWriter) {
            writer.value([
                "id": .string(letter.event.id.description), "type": .string(letter.event.type),
                "tenantId": Self.text(letter.event.tenantID?.description), "database": .string(source),
                "group": Self.text(letter.group), "attempts": .integer(letter.attempts),
                "reason": Self.text(letter.lastError), "givenUpOn": .string("\(letter.settledAt)"),
            ])
        }

        private static func text(_ text: String?) -> JSONValue {
            guard let text else { return .null }
            return .string(text)
        }
    }

    /// The dead letters of one database.
    private struct Box: Sendable {
        let source: Source
        let pool: PostgresPool
        let logger: Logger

        private var bus: PostgresConnector { PostgresConnector(pool: pool, listener: nil, logger: logger) }

        func list(limit: Int) async throws(MessageBusError) -> [DeadLetter] {
            guard source == .messageBus else { return try await OutboxDeadLetters(pool: pool).list(limit: limit) }
            var letters: [DeadLetter] = []
            for (group, _) in try await bus.deadLetterCounts() {
                letters += try await bus.deadLetters(group: group, limit: limit)
            }
            return letters
        }

        func retry(_ events: [Identifier]?) async throws(MessageBusError) -> Int {
            guard source == .messageBus else { return try await OutboxDeadLetters(pool: pool).retry(events) }
            var count = 0
            for (group, _) in try await bus.deadLetterCounts() {
                count += try await bus.retryDeadLetters(group: group, events)
            }
            return count
        }
    }

    private static func forEach(
        _ service: Source?, _ body: (Source, Box) async throws -> Void
    ) async throws {
        CommandSupport.bootstrapQuietLogging()
        for source in service.map({ [$0] }) ?? Source.allCases {
            do {
                let configuration = try await MigrateCommand.configuration(
                    of: source.database, isNamed: service != nil, for: "arc events")
                let logger = Logger(label: "arc.events")
                let pool = PostgresPool(configuration: configuration, logger: logger)
                let outcome: Result<Void, any Error>
                do { outcome = .success(try await body(source, Box(source: source, pool: pool, logger: logger))) } catch
                {
                    outcome = .failure(error)
                }
                await pool.shutdown()
                try outcome.get()
            } catch let exit as ExitCode {
                throw exit
            } catch {
                throw CommandSupport.fail("arc events: \(source.rawValue): \(error)")
            }
        }
    }
}
